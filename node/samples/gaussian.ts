/**
 * Samples from a private Gaussian per class: two noisy sums over the records (class sums, then the scatter around the
 * class means), everything else is post-processing. Useful from a few hundred records on, in a tenth of a second.
 * @module
 */
import type { SampleGenerator } from '../algorithm/ports.ts';
import { latticeMu } from '../privacy/accountant.ts';
import { createDiscreteGaussian, LATTICE_SIGMA, type RandomBytes } from '../privacy/discreteGaussian.ts';
import type { Mechanism } from '../privacy/mechanism.ts';
import { createSecretRandom, type SeededRandom, secureBytes } from '../random.ts';
import { type Basis, createBasis, type Normalisation, type Range } from './basis.ts';
import { type ClassGaussians, drawsOf, mechanismsOf, releaseClassGaussians, splitNoise } from './classGaussians.ts';
import { applyContrast, fitContrast } from './contrast.ts';
import { deform } from './deform.ts';
import { requireUsable } from './examples.ts';

/** What a generator is about to release, for the privacy budget. */
export interface PlannedRelease {
  readonly generator: 'dpgan' | 'gaussian';
  readonly count: number;
  readonly mechanisms: readonly Mechanism[];
  /** Values of discrete Gaussian noise in all of them. */
  readonly draws: number;
}

/** Settings of {@link createGaussianGenerator}. */
export interface GaussianOptions {
  /** ε of the release, > 0. */
  readonly epsilon: number;
  /** δ of the release, 0 < δ < 1; well below 1/N. */
  readonly delta: number;
  /** How the inputs were normalised. */
  readonly normalisation: Normalisation;
  /** Tables only: declared range of each feature, in normalised units; ±3 for each if absent. */
  readonly ranges?: readonly Range[] | undefined;
  /** Awaited before anything derived from the records exists; a rejection (an exhausted budget) stops the run. */
  readonly onRelease?: (release: PlannedRelease) => Promise<void>;
  /** Source of all randomness; the operating system's unless a test replaces it. */
  readonly randomBytes?: RandomBytes;
}

/** Creates the generator. Its statement covers one call of `generate`; calling again costs the same again. */
export function createGaussianGenerator(options: GaussianOptions): SampleGenerator {
  const { epsilon, delta, normalisation, randomBytes = secureBytes } = options;
  return {
    async generate(examples, count) {
      requireUsable(examples, count);
      const basis = createBasis(examples.shape, normalisation, options.ranges);
      const draws = drawsOf(examples.classes, basis.dimension);
      const noise = splitNoise(latticeMu(epsilon, delta, draws));
      await options.onRelease?.({ generator: 'gaussian', count, mechanisms: mechanismsOf(noise), draws });
      const model = releaseClassGaussians(examples, basis, noise, createDiscreteGaussian(randomBytes));
      const random = createSecretRandom(randomBytes);
      const rows = drawCoordinates(model, basis.dimension, count, randomBytes, random);
      const inputs = publish(rows, basis, examples.shape, normalisation, random);
      return {
        samples: { inputs, shape: examples.shape },
        privacy: { generator: 'gaussian', epsilon, delta, unit: 'record' },
      };
    },
  };
}

/**
 * Coordinates of `count` samples, float64 [D] each. Classes appear in their released shares, in random order; together
 * the samples vary as much as the records.
 */
export function drawCoordinates(
  model: ClassGaussians,
  dimension: number,
  count: number,
  randomBytes: RandomBytes,
  random: SeededRandom,
): Float64Array[] {
  const noise = createDiscreteGaussian(randomBytes);
  return Array.from(random.permutation(count), (place) => {
    const label = classAt(model.shares, (place + 0.5) / count);
    const coordinates = model.means.slice(label * dimension, (label + 1) * dimension);
    for (const direction of model.directions) {
      const factor = (model.spread * noise.next()) / LATTICE_SIGMA;
      for (let d = 0; d < dimension; d++) coordinates[d] += factor * direction[d];
    }
    return coordinates;
  });
}

/** Published values of samples; float32 [count × F], normalised. Pictures are deformed a little and get the declared contrast. */
function publish(
  rows: readonly Float64Array[],
  basis: Basis,
  shape: readonly number[],
  normalisation: Normalisation,
  random: SeededRandom,
): Float32Array {
  const picture = shape.length === 3;
  const features = shape.reduce((product, size) => product * size, 1);
  const raw = new Float64Array(rows.length * features);
  rows.forEach((coordinates, row) => {
    const values = basis.decode(coordinates);
    raw.set(picture ? deform(values, [shape[0], shape[1], shape[2]], random) : values, row * features);
  });
  // Plain loops: methods that call back for each value take several times as long here.
  if (picture) {
    const contrast = fitContrast(raw, normalisation);
    for (let at = 0; at < raw.length; at++) raw[at] = applyContrast(contrast, raw[at]);
  }
  const { mean, stdDev } = normalisation;
  const inputs = new Float32Array(raw.length);
  for (let at = 0; at < raw.length; at++) inputs[at] = (raw[at] - mean) / stdDev;
  return inputs;
}

/** The class in whose part of [0, 1), cut into the classes' shares, `position` falls. */
export function classAt(shares: Float64Array, position: number): number {
  let upper = 0;
  for (let label = 0; label < shares.length - 1; label++) {
    upper += shares[label];
    if (position < upper) return label;
  }
  return shares.length - 1;
}
