/**
 * The only door through which records reach the critic: a clipped sum, put on the noise's lattice, plus noise.
 * @module
 */
import { type DiscreteGaussian, LATTICE_SIGMA } from '../privacy/discreteGaussian.ts';
import type { Matrix } from './matrix.ts';
import { sumRounding } from './perRecord.ts';

/** Rounding to the lattice, half a step per parameter, as a share of the clip norm. */
const inLattice = (parameters: number, noiseMultiplier: number) =>
  (Math.sqrt(parameters) * noiseMultiplier) / LATTICE_SIGMA;

/** Whether the lattice is fine enough for so much noise: up to a noise multiplier of 10,000 with 10,995 entries. */
export function canRound(parameters: number, noiseMultiplier: number): boolean {
  return inLattice(parameters, noiseMultiplier) < 1;
}

/**
 * Share by which the noise exceeds noiseMultiplier·clipNorm. Two sums that differ in one record differ by at most the clip
 * norm before rounding, and each is rounded: in float32 ({@link sumRounding}) and to the lattice, by half a step per
 * parameter. The sensitivity is larger by this share, and so is the noise.
 * @param records - most records a sum can have.
 * @param parameters - entries of the sum.
 * @param noiseMultiplier - one that {@link canRound}.
 */
export function roundingShare(records: number, parameters: number, noiseMultiplier: number): number {
  const rounded = inLattice(parameters, noiseMultiplier);
  // The lattice's step grows with the noise, and the noise by the share.
  return (2 * sumRounding(records) + rounded) / (1 - rounded);
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
