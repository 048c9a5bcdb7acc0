/**
 * The critic of the Wasserstein GAN and its private training step. Only {@link Critic.learn} touches records, and only
 * through a clipped, noisy sum.
 * @module
 */
import type { DiscreteGaussian, RandomBytes } from '../privacy/discreteGaussian.ts';
import type { SeededRandom } from '../random.ts';
import { createAdam } from './adam.ts';
import type { Arena, Matrix } from './matrix.ts';
import {
  backward,
  createLayers,
  createNetwork,
  createPass,
  forward,
  inputGradients,
  type Pass,
  parameterCount,
  pushTangents,
  sumGradients,
} from './network.ts';
import { addNoise, roundingShare } from './noisySum.ts';
import { type Centre, clippedSum, type Factor, recordNorms } from './perRecord.ts';

/** What a step's rows look like: coordinates and class of each. */
export interface Batch {
  /** [rows × D], at least. */
  readonly coordinates: Matrix;
  /** uint8 [rows]. */
  readonly labels: Uint8Array;
}

/** Where the gradient penalty (|∇f| − 1)² is taken. */
export type PenaltyPoints = 'fake' | 'interpolated';

/** Settings of a critic. */
export interface CriticOptions {
  readonly dimension: number;
  readonly classes: number;
  readonly hidden: readonly number[];
  /** λ of the gradient penalty. */
  readonly penalty: number;
  /** `fake`: the penalty reads no record. `interpolated`: between each record and a fake, clipped with the record. */
  readonly penaltyPoints: PenaltyPoints;
  /** Noise multiplier; 0 trains without privacy (audits only). */
  readonly noiseMultiplier: number;
  /** Expected number of original records in a batch; the noisy sum is divided by it. */
  readonly expectedRecords: number;
  /** Augmented copies of each record; they follow one another and are averaged before clipping. */
  readonly copies: number;
  /** Scale each layer so that none dominates the norm ("weight clustering"). */
  readonly clusterLayers: boolean;
  /** Most rows of a batch. */
  readonly maxRows: number;
}

/** The critic f(coordinates, class). */
export interface Critic {
  /** Takes a step that raises f on records and lowers it on fakes. Returns the clip norm it used. */
  learn(records: Batch, fakes: Batch, learningRate: number): { clipNorm: number };
  /** f of each row; float32 [rows]. */
  values(batch: Batch): Float32Array;
  /** Derivative of −(mean f) by the coordinates, [rows × D]. */
  generatorGradients(fakes: Batch, result: Matrix): void;
}

/** Coordinates are enlarged to the size networks like; a fixed, public scale. */
const COORDINATE_SCALE = 3;
/** The clip norm follows the fakes' median norm this fast: no record is looked at, so it costs no privacy. */
const CLIP_FOLLOWS = 0.05;
/**
 * Creates a critic with random weights.
 * @param random - of the first weights; what is drawn from it never depends on a record.
 * @param randomBytes - of the points between records and fakes; must be secret, as the noise.
 */
export function createCritic(
  arena: Arena,
  options: CriticOptions,
  random: SeededRandom,
  randomBytes: RandomBytes,
  noise: DiscreteGaussian,
): Critic {
  const { dimension, classes, penalty, noiseMultiplier, expectedRecords, copies, maxRows } = options;
  const sizes = [dimension + classes, ...options.hidden, 1];
  const network = createNetwork(arena, sizes, random);
  const depth = network.layers.length;
  const real = createPass(arena, sizes, maxRows);
  const fake = createPass(arena, sizes, maxRows);
  const mixed = createPass(arena, sizes, options.penaltyPoints === 'interpolated' ? maxRows : 1);
  const slopes = arena.create(maxRows, sizes[0] + 1);
  const tangents = sizes.slice(0, -1).map((size) => arena.create(maxRows, size + 1));
  const gradients = createLayers(arena, sizes);
  const sums = createLayers(arena, sizes);
  const centre: Centre = {
    gradients: createLayers(arena, sizes),
    products: sizes.slice(1).map((size) => arena.create(maxRows, size + 1)),
  };
  const optimise = createAdam(network.layers);
  const layerWeights = network.layers.map(() => 1);
  // A batch has at most this many records: the passes have no room for more.
  const rounding = roundingShare(Math.floor(maxRows / copies), parameterCount(sizes), noiseMultiplier);
  let clipNorm = 0;

  const load = (pass: Pass, { coordinates, labels }: Batch): number => {
    const [{ data, stride }] = pass.inputs;
    labels.forEach((label, row) => {
      const from = row * coordinates.stride;
      const to = row * stride;
      for (let d = 0; d < dimension; d++) data[to + d] = COORDINATE_SCALE * coordinates.data[from + d];
      data.fill(0, to + dimension, to + dimension + classes);
      data[to + dimension + label] = 1;
    });
    return labels.length;
  };
  /** Runs the pass forward, and backward from `signal` per row. */
  const run = (pass: Pass, rows: number, signal: number): Factor => {
    forward(arena, network, pass, rows);
    const last = pass.signals[depth - 1];
    for (let row = 0; row < rows; row++) last.data[row * last.stride] = signal;
    backward(arena, network, pass, rows);
    return { signals: pass.signals, inputs: pass.inputs };
  };
  /**
   * The penalty's factor at a pass that has run with signal ±1: tangents from u = 2λ(|v|−1)·v/|v| per row, v = ∇f over
   * the coordinates. The factor's signals are the pass's (times ±1, which cancels against v's sign).
   */
  const penaltyFactor = (pass: Pass, rows: number): Factor => {
    inputGradients(arena, network, pass, slopes, rows);
    const [first] = tangents;
    first.data.fill(0, 0, rows * first.stride);
    for (let row = 0; row < rows; row++) {
      const own = slopes.data.subarray(row * slopes.stride, row * slopes.stride + dimension);
      const norm = Math.sqrt(own.reduce((sum, value) => sum + value * value, 1e-24));
      const factor = (2 * penalty * (norm - 1)) / norm;
      for (let d = 0; d < dimension; d++) first.data[row * first.stride + d] = factor * own[d];
    }
    pushTangents(arena, network, pass, tangents, rows);
    return { signals: pass.signals, inputs: tangents };
  };

  /** Public side: the fakes' mean gradient (the centre), the clip norm, the penalty, the fakes' clipped differences. */
  const learnFromFakes = (fakes: Batch): void => {
    const rows = load(fake, fakes);
    const factor = run(fake, rows, -1);
    sumGradients(arena, factor.signals, factor.inputs, centre.gradients, rows);
    for (const { data } of centre.gradients) for (let k = 0; k < data.length; k++) data[k] /= rows;
    if (options.clusterLayers) followLayers(factor, rows);
    const records = recordNorms(arena, [factor], rows, layerWeights, centre);
    const median = records.norms.toSorted()[rows >> 1];
    clipNorm = clipNorm === 0 ? median : clipNorm + CLIP_FOLLOWS * (median - clipNorm);
    for (const { data } of gradients) data.fill(0);
    if (options.penaltyPoints === 'fake') {
      const { signals, inputs } = penaltyFactor(fake, rows);
      sumGradients(arena, signals, inputs, gradients, rows);
    }
    clippedSum(arena, [factor], records, clipNorm, sums, centre);
    gradients.forEach(({ data }, layer) => {
      for (let k = 0; k < data.length; k++) data[k] = (data[k] - sums[layer].data[k]) / rows;
    });
  };
  /** Sets each layer's weight to the inverse of the fakes' median norm in it. */
  const followLayers = ({ signals, inputs }: Factor, rows: number): void => {
    signals.forEach((_, layer) => {
      const one: Centre = { gradients: [centre.gradients[layer]], products: [centre.products[layer]] };
      const factor: Factor = { signals: [signals[layer]], inputs: [inputs[layer]] };
      const { norms } = recordNorms(arena, [factor], rows, undefined, one);
      const median = norms.toSorted()[rows >> 1] || 1;
      layerWeights[layer] =
        clipNorm === 0 ? 1 / median : 1 / (1 / layerWeights[layer] + CLIP_FOLLOWS * (median - 1 / layerWeights[layer]));
    });
  };
  /** Private side: Σ over records of the clipped difference between their gradient and the centre, plus noise. */
  const learnFromRecords = (records: Batch, fakes: Batch): void => {
    const rows = load(real, records);
    const factors: Factor[] = [run(real, rows, -1 / copies)];
    if (options.penaltyPoints === 'interpolated') {
      load(mixed, interpolate(records, fakes));
      run(mixed, rows, 1);
      const { signals, inputs } = penaltyFactor(mixed, rows);
      for (const { data } of signals) for (let k = 0; k < data.length; k++) data[k] /= copies;
      factors.push({ signals, inputs });
    }
    const sizesOfRecords = recordNorms(arena, factors, rows, layerWeights, centre, copies);
    clippedSum(arena, factors, sizesOfRecords, clipNorm, sums, centre, copies);
    addNoise(sums, noiseMultiplier * clipNorm * (1 + rounding), layerWeights, noise);
    gradients.forEach(({ data }, layer) => {
      for (let k = 0; k < data.length; k++) data[k] += sums[layer].data[k] / expectedRecords;
    });
  };
  const middle = arena.create(maxRows, dimension);
  /** Points on the lines between records and fakes. */
  const interpolate = (records: Batch, fakes: Batch): Batch => {
    // Secret and new for each record: from a stream that can be guessed, one record more would shift the draws of all behind it.
    const draws = new Uint32Array(randomBytes(8 * records.labels.length).slice().buffer);
    records.labels.forEach((_, row) => {
      const share = draws[2 * row] / 2 ** 32;
      const other = Math.floor((draws[2 * row + 1] / 2 ** 32) * fakes.labels.length) * fakes.coordinates.stride;
      const from = row * records.coordinates.stride;
      for (let d = 0; d < dimension; d++) {
        middle.data[row * middle.stride + d] =
          share * records.coordinates.data[from + d] + (1 - share) * fakes.coordinates.data[other + d];
      }
    });
    return { coordinates: middle, labels: records.labels };
  };

  return {
    learn(records, fakes, learningRate) {
      learnFromFakes(fakes);
      learnFromRecords(records, fakes);
      optimise(gradients, learningRate);
      return { clipNorm };
    },
    values(batch) {
      const rows = load(fake, batch);
      forward(arena, network, fake, rows);
      return Float32Array.from({ length: rows }, (_, row) => fake.outputs.data[row * fake.outputs.stride]);
    },
    generatorGradients(fakes, result) {
      const rows = load(fake, fakes);
      run(fake, rows, -1 / rows);
      inputGradients(arena, network, fake, slopes, rows);
      for (let row = 0; row < rows; row++) {
        for (let d = 0; d < dimension; d++) {
          result.data[row * result.stride + d] = COORDINATE_SCALE * slopes.data[row * slopes.stride + d];
        }
      }
    },
  };
}
