/**
 * A Gaussian per class with a common covariance, estimated under differential privacy: two noisy sums over the records
 * (class sums, then the scatter around the class means); everything else is post-processing.
 * @module
 */
import type { DiscreteGaussian } from '../privacy/discreteGaussian.ts';
import { createLatticeSum } from '../privacy/latticeSum.ts';
import type { Mechanism } from '../privacy/mechanism.ts';
import type { Examples } from '../types.ts';
import { type Basis, clip } from './basis.ts';
import { symmetricEigen } from './eigen.ts';
import { shrinkMeans } from './shrink.ts';

/** Weight of a record's class indicator beside its coordinates: (√(1−b²)·z, b·e_y) has norm ≤ 1. */
const COUNT_WEIGHT = 0.25;
/** Share of μ² spent on the class sums; the rest goes to the scatter. */
const MEANS_SHARE = 0.6;
/** Residuals z − mean_y are clipped to this norm; a quarter of those of digits are longer, and noise grows with its square. */
const RESIDUAL_CLIP = 0.6;
/** With a handful of records the trace is mostly noise, too. */
const MOST_SPREAD = 2;

/** The released model. */
export interface ClassGaussians {
  /** Share of each class, float64 [classes], sums to 1. */
  readonly shares: Float64Array;
  /** Row y: mean of class y; float64 [classes × D]. */
  readonly means: Float64Array;
  /** √λ_k times the k-th kept eigenvector of the covariance, largest first; float64 [D] each. */
  readonly directions: readonly Float64Array[];
  /** How much longer the directions would have to be to carry the whole variance, also that which drowns in noise. */
  readonly spread: number;
}

/** Noise of the two releases of one model. */
export interface ClassGaussiansNoise {
  /** Noise multiplier of the class sums. */
  readonly means: number;
  /** Noise multiplier of the scatter. */
  readonly scatter: number;
}

/** Splits a total of μ (Gaussian differential privacy) between the two releases. */
export function splitNoise(mu: number): ClassGaussiansNoise {
  return { means: 1 / (mu * Math.sqrt(MEANS_SHARE)), scatter: 1 / (mu * Math.sqrt(1 - MEANS_SHARE)) };
}

/** The releases, as the accountant wants them. */
export function mechanismsOf(noise: ClassGaussiansNoise): Mechanism[] {
  return [noise.means, noise.scatter].map((noiseMultiplier) => ({ sampleRate: 1, noiseMultiplier, steps: 1 }));
}

/** Expected norm of the noise in a class mean, in units of the longest record, for classes of equal size. */
export function meansNoise(mu: number, records: number, classes: number, dimension: number): number {
  const { means } = splitNoise(mu);
  return (means * Math.sqrt(dimension) * classes) / (records * Math.sqrt(1 - COUNT_WEIGHT ** 2));
}

/** Number of noise values both releases draw. */
export function drawsOf(classes: number, dimension: number): number {
  return classes * (dimension + 1) + (dimension * (dimension + 1)) / 2;
}

/** Both releases and the estimates that follow from them. */
export function releaseClassGaussians(
  examples: Examples,
  basis: Basis,
  noise: ClassGaussiansNoise,
  source: DiscreteGaussian,
): ClassGaussians {
  const { labels, classes } = examples;
  const { dimension } = basis;
  const coordinates = encodeAll(examples, basis);
  const { shares, means, total } = releaseMeans(coordinates, labels, classes, basis, noise.means, source);
  const scatter = releaseScatter(coordinates, labels, means, dimension, noise.scatter, source);
  const directions = principalDirections(scatter, dimension, total, noise.scatter * RESIDUAL_CLIP ** 2);
  return { shares, means, directions, spread: spreadOf(scatter, dimension, total, directions) };
}

/** Coordinates of every record, clipped to norm 1; float64 [N × D]. */
function encodeAll(examples: Examples, basis: Basis): Float64Array {
  const rows = examples.labels.length;
  const features = examples.inputs.length / rows;
  const coordinates = new Float64Array(rows * basis.dimension);
  for (let row = 0; row < rows; row++) {
    const own = coordinates.subarray(row * basis.dimension, (row + 1) * basis.dimension);
    basis.encode(examples.inputs.subarray(row * features, (row + 1) * features), own);
    clip(own, 1);
  }
  return coordinates;
}

/** First release: per class (√(1−b²)·Σz, b·count). Class means are pulled to the pooled mean: {@link shrinkMeans}. */
function releaseMeans(
  coordinates: Float64Array,
  labels: Uint8Array,
  classes: number,
  { dimension, bands }: Basis,
  noiseMultiplier: number,
  noise: DiscreteGaussian,
): { shares: Float64Array; means: Float64Array; total: number } {
  const width = dimension + 1;
  const weight = Math.sqrt(1 - COUNT_WEIGHT ** 2);
  const sum = createLatticeSum(classes * width, 1, noiseMultiplier);
  const vector = new Float64Array(classes * width);
  labels.forEach((label, row) => {
    vector.fill(0);
    for (let d = 0; d < dimension; d++) vector[label * width + d] = weight * coordinates[row * dimension + d];
    vector[label * width + dimension] = COUNT_WEIGHT;
    sum.add(vector);
  });
  const released = sum.release(noise);

  const noisyCounts = Float64Array.from({ length: classes }, (_, y) => released[y * width + dimension] / COUNT_WEIGHT);
  const total = Math.max(
    classes,
    noisyCounts.reduce((all, count) => all + count, 0),
  );
  const counts = noisyCounts.map((count) => Math.max(count, total / (4 * classes)));
  const allCounts = counts.reduce((all, count) => all + count, 0);
  const pooled = new Float64Array(dimension);
  const means = new Float64Array(classes * dimension);
  for (let y = 0; y < classes; y++) {
    for (let d = 0; d < dimension; d++) {
      const value = released[y * width + d] / weight;
      means[y * dimension + d] = value / counts[y];
      pooled[d] += value / total;
    }
  }
  shrinkMeans(
    means,
    pooled,
    counts.map((count) => (noiseMultiplier / (weight * count)) ** 2),
    bands,
  );
  return { shares: counts.map((count) => count / allCounts), means, total };
}

/**
 * Second release: Σ r·rᵀ of the residuals r = z − mean_y clipped to norm c. As a vector of diagonal entries and √2 times
 * the others its norm is |r|² ≤ c². Returned as a full symmetric matrix, float64 [D × D].
 */
function releaseScatter(
  coordinates: Float64Array,
  labels: Uint8Array,
  means: Float64Array,
  dimension: number,
  noiseMultiplier: number,
  noise: DiscreteGaussian,
): Float64Array {
  const length = (dimension * (dimension + 1)) / 2;
  const sum = createLatticeSum(length, RESIDUAL_CLIP ** 2, noiseMultiplier);
  const vector = new Float64Array(length);
  const residual = new Float64Array(dimension);
  labels.forEach((label, row) => {
    for (let d = 0; d < dimension; d++) residual[d] = coordinates[row * dimension + d] - means[label * dimension + d];
    clip(residual, RESIDUAL_CLIP);
    let index = 0;
    for (let a = 0; a < dimension; a++) {
      for (let b = 0; b < a; b++) vector[index++] = Math.SQRT2 * residual[a] * residual[b];
      vector[index++] = residual[a] * residual[a];
    }
    sum.add(vector);
  });
  const released = sum.release(noise);
  const matrix = new Float64Array(dimension * dimension);
  let index = 0;
  for (let a = 0; a < dimension; a++) {
    for (let b = 0; b < a; b++) {
      matrix[a * dimension + b] = matrix[b * dimension + a] = released[index++] / Math.SQRT2;
    }
    matrix[a * dimension + a] = released[index++];
  }
  return matrix;
}

/**
 * Directions of the covariance that stand out of the noise. The noise alone is a symmetric Gaussian matrix with
 * spectrum within ±√(2D)·stdDev; a true eigenvalue θ beyond half of that appears at θ + D·stdDev²/(2θ), which is inverted.
 */
function principalDirections(scatter: Float64Array, dimension: number, total: number, stdDev: number): Float64Array[] {
  const edge = Math.sqrt(2 * dimension) * stdDev;
  const { values, vectors } = symmetricEigen(scatter, dimension);
  return Array.from(values, (value, k) => ({ value, vector: vectors.slice(k * dimension, (k + 1) * dimension) }))
    .filter(({ value }) => value > edge)
    .sort((a, b) => b.value - a.value)
    .map(({ value, vector }) => {
      const variance = (value + Math.sqrt(value * value - edge * edge)) / (2 * total);
      return vector.map((entry) => entry * Math.sqrt(variance));
    });
}

/** {@link ClassGaussians.spread}: the trace, of which noise changes little, over the variance of the directions kept. */
function spreadOf(
  scatter: Float64Array,
  dimension: number,
  total: number,
  directions: readonly Float64Array[],
): number {
  let variance = 0;
  for (let d = 0; d < dimension; d++) variance += scatter[d * dimension + d] / total;
  let kept = 0;
  for (const direction of directions) for (const entry of direction) kept += entry * entry;
  return kept === 0 ? 1 : Math.min(MOST_SPREAD, Math.max(1, Math.sqrt(Math.max(0, variance) / kept)));
}
