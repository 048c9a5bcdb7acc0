/**
 * A private sum: every record's vector is clipped and put on the integer lattice, the sum is exact, the noise is the
 * discrete Gaussian. What one record can change is bounded in integers, so rounding cannot loosen the guarantee.
 * @module
 */
import { type DiscreteGaussian, LATTICE_SIGMA } from './discreteGaussian.ts';
import { requireParameter } from './errors.ts';

/** A sum that is released once. */
export interface LatticeSum {
  /** Adds one record's vector, float64 [dimension], scaled down to norm ≤ `clipNorm` if it is longer. */
  add(vector: Float64Array): void;
  /** The sum plus noise of standard deviation noiseMultiplier·clipNorm per entry; float64 [dimension]. */
  release(noise: DiscreteGaussian): Float64Array;
}

/**
 * Creates an empty sum. Adding or removing one record changes it by at most `clipNorm` (L2), so its release is
 * (1/noiseMultiplier)-GDP up to the lattice's {@link latticeDelta}.
 * @param clipNorm - largest norm of one record's vector, > 0.
 * @param noiseMultiplier - σ of the noise over `clipNorm`, 1/32 … 2¹⁴.
 */
export function createLatticeSum(dimension: number, clipNorm: number, noiseMultiplier: number): LatticeSum {
  const withinRange = noiseMultiplier >= 1 / 32 && noiseMultiplier <= 2 ** 14;
  requireParameter(withinRange, 'noiseMultiplier', noiseMultiplier, 'between 1/32 and 16384');
  // Rounded down, so that the noise is never less than asked for. Below 2²⁶: its square is an exact float64.
  const limit = Math.floor(LATTICE_SIGMA / noiseMultiplier);
  const step = clipNorm / limit;
  const sum = new Float64Array(dimension);
  const row = new Float64Array(dimension);

  /** Writes trunc(vector·scale) to `row`; returns its squared norm, exact up to 2⁵³ and above `limit`² beyond. */
  const quantise = (vector: Float64Array, scale: number): number => {
    let squares = 0;
    for (let index = 0; index < dimension; index++) {
      const value = Math.trunc(vector[index] * scale);
      row[index] = value;
      squares += value * value;
    }
    return squares;
  };

  return {
    add(vector) {
      let scale = 1 / step;
      let squares = quantise(vector, scale);
      while (squares > limit * limit) {
        scale *= (limit / Math.sqrt(squares)) * (1 - 2 ** -40);
        squares = quantise(vector, scale);
      }
      requireParameter(squares >= 0, 'vector', squares, 'finite');
      for (let index = 0; index < dimension; index++) sum[index] += row[index];
    },
    release(noise) {
      noise.addTo(sum);
      return sum.map((value) => value * step);
    },
  };
}
