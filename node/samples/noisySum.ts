/**
 * The only door through which records reach the critic: a clipped sum, put on the noise's lattice, plus noise.
 * @module
 */
import { type DiscreteGaussian, LATTICE_SIGMA } from '../privacy/discreteGaussian.ts';
import type { Matrix } from './matrix.ts';
import { sumRounding } from './perRecord.ts';

/**
 * Share by which the noise exceeds noiseMultiplier·clipNorm. Two sums that differ in one record differ by at most the clip
 * norm before rounding, and each is rounded: in float32 ({@link sumRounding}) and to the lattice, by half a step per
 * parameter. The sensitivity is larger by this share, and so is the noise.
 * @param records - most records a sum can have.
 * @param parameters - entries of the sum.
 * @throws RangeError where half a step for each parameter is more than the clip norm; the default training's noise is at most
 * half of that, as there is no smaller ε it can be calibrated for.
 */
export function roundingShare(records: number, parameters: number, noiseMultiplier: number): number {
  const inLattice = (Math.sqrt(parameters) * noiseMultiplier) / LATTICE_SIGMA;
  if (inLattice >= 1) throw new RangeError(`The lattice is too coarse for a noise multiplier of ${noiseMultiplier}.`);
  // The lattice's step grows with the noise, and the noise by the share.
  return (2 * sumRounding(records) + inLattice) / (1 - inLattice);
}

/**
 * Adds noise to every entry of a sum, in place; padding stays as it is.
 * @param sums - Σ of the clipped gradients, one matrix per layer: [(in + 1) × (out + 1)], the last column unused.
 * @param stdDev - standard deviation of the noise in the weighted norm; 0 adds none.
 * @param layerWeights - the norm's weight of each layer; its noise is stdDev / weight.
 */
export function addNoise(
  sums: readonly Matrix[],
  stdDev: number,
  layerWeights: readonly number[],
  noise: DiscreteGaussian,
): void {
  if (stdDev === 0) return;
  sums.forEach(({ data, stride, rows, columns }, layer) => {
    const unit = stdDev / layerWeights[layer] / LATTICE_SIGMA;
    for (let row = 0; row < rows; row++) {
      for (let at = row * stride; at < row * stride + columns - 1; at++) {
        data[at] = unit * (Math.round(data[at] / unit) + noise.next());
      }
    }
  });
}
