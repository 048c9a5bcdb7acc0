/**
 * The only door through which records reach the critic: a clipped sum, put on the noise's lattice, plus noise.
 * @module
 */
import { type DiscreteGaussian, LATTICE_SIGMA } from '../privacy/discreteGaussian.ts';
import type { Matrix } from './matrix.ts';
import { BLOCK_ROWS } from './perRecord.ts';

/** Gradients before centring are at most about this many clip norms long. */
const LONGEST_GRADIENT = 4;

/**
 * Share by which the noise exceeds noiseMultiplier·clipNorm. It covers what float32 may round in the sum (0.5 % for 600
 * records) and the sum's rounding to the lattice (√P·σ·2⁻²⁰ ≤ 0.2 %).
 */
export function roundingShare(expectedRecords: number): number {
  return 0.002 + BLOCK_ROWS * 2 ** -24 * LONGEST_GRADIENT * expectedRecords;
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
