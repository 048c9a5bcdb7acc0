/**
 * Samples from a private Gaussian per class: two noisy sums over the records (class sums, then the scatter around the
 * class means), everything else is post-processing. Useful from a few hundred records on, in a tenth of a second.
 * @module
 */
import type { SampleGenerator } from '../algorithm/ports.ts';
import {
  createDiscreteGaussian,
  type DiscreteGaussian,
  latticeDelta,
  type RandomBytes,
} from '../privacy/discreteGaussian.ts';
import { gaussianMu } from '../privacy/gaussianMechanism.ts';
import { createLatticeSum } from '../privacy/latticeSum.ts';
import { createSeededRandom, secureBytes } from '../random.ts';
import type { Examples } from '../types.ts';
import { type Basis, createPictureBasis, createTableBasis, type Normalisation, type Range } from './basis.ts';
import { symmetricEigen } from './eigen.ts';
import { requireUsable } from './examples.ts';

/** Settings of {@link createGaussianGenerator}. */
export interface GaussianOptions {
  /** ε of the release, > 0. */
  readonly epsilon: number;
  /** δ of the release, 0 < δ < 1; well below 1/N. */
  readonly delta: number;
  /** How the inputs were normalised. */
  readonly normalisation: Normalisation;
  /** Tables only: declared range of each feature, in normalised units; ±3 for each if absent. */
  readonly ranges?: readonly Range[];
  /** Source of all randomness; the operating system's unless a test replaces it. */
  readonly randomBytes?: RandomBytes;
}

/** Weight of a record's class indicator beside its coordinates: (√(1−b²)·z, b·e_y) has norm ≤ 1. */
const COUNT_WEIGHT = 0.25;
/** Share of μ² spent on the class sums; the rest goes to the scatter. */
const MEANS_SHARE = 0.6;
/** Residuals z − mean_y are clipped to this norm. */
const RESIDUAL_CLIP = 0.75;
/** Samples are drawn with this fraction of the standard deviation: nearer to their class, easier to label. */
const TEMPERATURE = 0.8;
/** Pictures: a low-pass picture is grey at the edges of strokes; x ↦ (x − offset)·gain restores the contrast. */
const CONTRAST = { offset: 0.25, gain: 1.6 };
/** Range of a table's feature when none is declared, in standard deviations. */
const DEFAULT_RANGE: Range = [-3, 3];

/** A Gaussian per class with a common covariance, as released. */
interface Model {
  /** Share of each class, float64 [classes], sums to 1. */
  readonly shares: Float64Array;
  /** Row y: mean of class y; float64 [classes × D]. */
  readonly means: Float64Array;
  /** Row k: √λ_k times the k-th kept eigenvector of the covariance. */
  readonly directions: readonly Float64Array[];
}

/** Creates the generator. Its statement covers one call of `generate`; calling again costs the same again. */
export function createGaussianGenerator(options: GaussianOptions): SampleGenerator {
  const { epsilon, delta, normalisation, randomBytes = secureBytes } = options;
  return {
    async generate(examples, count) {
      requireUsable(examples, count);
      const basis = createBasis(examples.shape, normalisation, options.ranges);
      const model = release(examples, basis, epsilon, delta, createDiscreteGaussian(randomBytes));
      const inputs = draw(model, basis, count, examples.shape.length === 3, normalisation, randomBytes);
      return {
        samples: { inputs, shape: examples.shape },
        privacy: { generator: 'gaussian', epsilon, delta, unit: 'record' },
      };
    },
  };
}

/** The public basis that suits a shape. */
function createBasis(shape: readonly number[], normalisation: Normalisation, ranges?: readonly Range[]): Basis {
  if (shape.length === 3) return createPictureBasis([shape[0], shape[1], shape[2]], normalisation);
  const features = shape.reduce((product, size) => product * size, 1);
  return createTableBasis(ranges ?? Array.from({ length: features }, () => DEFAULT_RANGE), normalisation);
}

/** Both releases and the estimates that follow from them; (ε, δ)-DP for one record added or removed. */
function release(examples: Examples, basis: Basis, epsilon: number, delta: number, noise: DiscreteGaussian): Model {
  const { classes } = examples;
  const { dimension } = basis;
  const draws = classes * (dimension + 1) + (dimension * (dimension + 1)) / 2;
  const mu = gaussianMu(epsilon, delta - latticeDelta(draws, epsilon));
  const coordinates = encodeAll(examples, basis);
  const means = releaseMeans(
    coordinates,
    examples.labels,
    classes,
    dimension,
    1 / (mu * Math.sqrt(MEANS_SHARE)),
    noise,
  );
  const scatterNoise = 1 / (mu * Math.sqrt(1 - MEANS_SHARE));
  const scatter = releaseScatter(coordinates, examples.labels, means.means, dimension, scatterNoise, noise);
  return {
    shares: means.shares,
    means: means.means,
    directions: principalDirections(scatter, dimension, means.total, scatterNoise * RESIDUAL_CLIP ** 2),
  };
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

/** First release: per class (√(1−b²)·Σz, b·count). Class means are pulled to the pooled mean as far as noise demands. */
function releaseMeans(
  coordinates: Float64Array,
  labels: Uint8Array,
  classes: number,
  dimension: number,
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
  for (let y = 0; y < classes; y++) {
    const own = means.subarray(y * dimension, (y + 1) * dimension);
    const distance = own.reduce((all, value, d) => all + (value - pooled[d]) ** 2, 0);
    const noiseVariance = (noiseMultiplier / (weight * counts[y])) ** 2;
    // James–Stein: of the squared distance to the pooled mean, D·variance is noise on average.
    const kept = Math.max(0, 1 - (dimension * noiseVariance) / distance);
    for (let d = 0; d < dimension; d++) own[d] = pooled[d] + kept * (own[d] - pooled[d]);
  }
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
  const directions: Float64Array[] = [];
  values.forEach((value, k) => {
    if (value <= edge) return;
    const variance = (value + Math.sqrt(value * value - edge * edge)) / (2 * total);
    directions.push(vectors.slice(k * dimension, (k + 1) * dimension).map((entry) => entry * Math.sqrt(variance)));
  });
  return directions;
}

/** `count` samples in normalised units, float32 [count × F]. Classes appear in their released shares, in random order. */
function draw(
  model: Model,
  basis: Basis,
  count: number,
  picture: boolean,
  normalisation: Normalisation,
  randomBytes: RandomBytes,
): Float32Array {
  const noise = createDiscreteGaussian(randomBytes);
  const order = createSeededRandom(new DataView(randomBytes(4).slice().buffer).getInt32(0)).permutation(count);
  const { dimension } = basis;
  const coordinates = new Float64Array(dimension);
  const { mean, stdDev } = normalisation;
  const rows: Float64Array[] = [];
  for (let index = 0; index < count; index++) {
    const label = classAt(model.shares, (order[index] + 0.5) / count);
    coordinates.set(model.means.subarray(label * dimension, (label + 1) * dimension));
    for (const direction of model.directions) {
      const factor = (TEMPERATURE * noise.next()) / 2 ** 20;
      for (let d = 0; d < dimension; d++) coordinates[d] += factor * direction[d];
    }
    rows.push(basis.decode(coordinates));
  }
  const features = rows[0].length;
  const inputs = new Float32Array(count * features);
  rows.forEach((row, index) => {
    row.forEach((value, feature) => {
      const raw = picture ? Math.min(1, Math.max(0, (value - CONTRAST.offset) * CONTRAST.gain)) : value;
      inputs[index * features + feature] = (raw - mean) / stdDev;
    });
  });
  return inputs;
}

/** The class whose part of [0, 1), cut into the classes' shares, holds `position`. */
function classAt(shares: Float64Array, position: number): number {
  let upper = 0;
  for (let label = 0; label < shares.length - 1; label++) {
    upper += shares[label];
    if (position < upper) return label;
  }
  return shares.length - 1;
}

/** Scales a vector down to norm `limit` if it is longer. */
function clip(vector: Float64Array, limit: number): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const norm = Math.sqrt(squares);
  if (norm > limit) for (let index = 0; index < vector.length; index++) vector[index] *= limit / norm;
}
