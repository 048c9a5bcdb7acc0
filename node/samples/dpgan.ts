/**
 * The paper's generator (§4.1.2): a Wasserstein GAN whose critic learns under differential privacy. The sampler only
 * ever sees the critic, so everything it makes is post-processing. The critic sees pictures through the public
 * low-frequency basis, and the sampler starts from a private Gaussian per class (the paper's "warm start").
 * @module
 */
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { SampleGenerator } from '../algorithm/ports.ts';
import { calibrateNoise, latticeRest } from '../privacy/accountant.ts';
import { createDiscreteGaussian, type RandomBytes } from '../privacy/discreteGaussian.ts';
import { gaussianMu, gaussianRelease } from '../privacy/gaussianMechanism.ts';
import { groupEpsilon } from '../privacy/group.ts';
import type { Mechanism } from '../privacy/mechanism.ts';
import { createSecretRandom, type SeededRandom, secureBytes } from '../random.ts';
import type { Examples } from '../types.ts';
import { type Augmentation, copiesOf, PAPER_AUGMENTATION } from './augment.ts';
import { type Basis, createBasis, type Normalisation } from './basis.ts';
import {
  type ClassGaussians,
  type ClassGaussiansNoise,
  drawsOf,
  mechanismsOf,
  releaseClassGaussians,
  splitNoise,
} from './classGaussians.ts';
import { fitContrast } from './contrast.ts';
import { createCritic, type PenaltyPoints } from './critic.ts';
import { SamplesError } from './errors.ts';
import { requireUsable } from './examples.ts';
import { drawCoordinates, type GaussianOptions } from './gaussian.ts';
import { type Arena, createArena } from './matrix.ts';
import { parameterCount } from './network.ts';
import { createPicturePainter, createTablePainter, type Painter } from './painter.ts';
import { capacityOf, createRecords } from './records.ts';
import { createSampler, type Sampler } from './sampler.ts';

/** How the GAN trains; the defaults are the measured best at N = 6,000, ε = 4. */
export interface DpganTraining {
  /** Private steps of the critic, each followed by one of the sampler. */
  readonly steps: number;
  /** Expected share of the records in a step. */
  readonly sampleRate: number;
  /** Hidden layers of the critic; fewer weights, less noise. */
  readonly hidden: readonly number[];
  readonly criticRate: number;
  readonly samplerRate: number;
  /** λ of the gradient penalty, and where it is taken. */
  readonly penalty: number;
  readonly penaltyPoints: PenaltyPoints;
  /** Share of μ² spent on the warm start. */
  readonly warmStart: number;
  /** Scale layers alike before clipping (the paper's weight clustering). */
  readonly clusterLayers: boolean;
}

/** Settings of {@link createDpganGenerator}. */
export interface DpganOptions extends GaussianOptions {
  readonly training?: Partial<DpganTraining>;
  /** Augmented copies of each record, averaged before clipping; none by default. */
  readonly augmentation?: Augmentation;
  /**
   * The paper's recipe: 100 augmented copies of each record are counted as records. The noise then keeps ε for a copy;
   * the statement gives what that costs an original record, several hundred times more. For comparison only.
   */
  readonly paperAccounting?: boolean;
  /** Told after each step. */
  readonly onProgress?: (progress: {
    readonly step: number;
    readonly steps: number;
    readonly clipNorm: number;
  }) => void;
}

/** Measured on MNIST, N = 6,000, ε = 4 (see docs/privacy.md). */
const DEFAULTS: DpganTraining = {
  steps: 300,
  sampleRate: 0.1,
  hidden: [64, 32],
  criticRate: 6e-3,
  samplerRate: 3e-5,
  penalty: 10,
  // deviation: the paper takes the penalty between records and fakes; at fakes alone it reads no record.
  penaltyPoints: 'fake',
  // deviation: the paper's warm start needs public data; this one is released from the records themselves.
  warmStart: 0.3,
  clusterLayers: false,
};
/** Copies per record in the paper's accounting. */
const PAPER_COPIES = 100;
/** Fakes per step. */
const FAKES = 256;
/** Pictures drawn to fit the contrast curve. */
const CONTRAST_TRIALS = 400;

/** What a run will release, fixed before any record is read. */
export interface DpganPlan {
  readonly warmStart: ClassGaussiansNoise;
  readonly critic: Mechanism;
  /** All releases, as the accountant wants them. */
  readonly mechanisms: readonly Mechanism[];
}

/** What training leaves, with the memory it lies in. */
interface Trained {
  readonly sampler: Sampler;
  readonly painter: Painter;
  readonly arena: Arena;
}

/**
 * Calibrates the noise of a run over `records` records.
 * @param draws - noise values the run draws; they cost a little δ.
 */
export function planDpgan(
  training: DpganTraining,
  records: number,
  draws: number,
  epsilon: number,
  delta: number,
): DpganPlan {
  const own = latticeRest(epsilon, delta, draws);
  const warmStart = splitNoise(gaussianMu(epsilon, own) * Math.sqrt(training.warmStart));
  // Never below what the integer comparison of createRecords gives.
  const sampleRate = Math.min(1, Math.max(1, training.sampleRate * records) / records);
  const besides = mechanismsOf(warmStart);
  const target = { epsilon, delta: own, sampleRate, steps: training.steps, besides };
  const critic = { sampleRate, steps: training.steps, noiseMultiplier: calibrateNoise(target) };
  return { warmStart, critic, mechanisms: [...besides, critic] };
}

/** Creates the generator. Its statement covers one call of `generate`; calling again costs the same again. */
export function createDpganGenerator(options: DpganOptions): SampleGenerator {
  const { epsilon, delta, randomBytes = secureBytes } = options;
  const settings = { ...DEFAULTS, ...options.training };
  return {
    async generate(originals, count) {
      requireUsable(originals, count);
      const copies = options.paperAccounting ? PAPER_COPIES : 1;
      const examples = options.paperAccounting ? multiply(originals, randomBytes) : originals;
      const training = { ...settings, sampleRate: settings.sampleRate / copies };
      // deviation: the critic sees low frequencies instead of pixels; with fewer weights it drowns less in noise.
      const basis = createBasis(examples.shape, options.normalisation, options.ranges);
      const sizes = [basis.dimension + examples.classes, ...training.hidden, 1];
      const draws = training.steps * parameterCount(sizes) + drawsOf(examples.classes, basis.dimension);
      const plan = planDpgan(training, examples.labels.length, draws, epsilon, delta);
      const perRecord = copies === 1 ? epsilon : groupEpsilon(plan.mechanisms, copies, delta);
      const mechanisms = copies === 1 ? plan.mechanisms : [gaussianRelease(perRecord, delta)];
      await options.onRelease?.({ generator: 'dpgan', count, mechanisms, draws });
      const inputs = await runDpgan(examples, count, plan, training, options);
      return {
        samples: { inputs, shape: examples.shape },
        privacy: { generator: 'dpgan', epsilon: perRecord, delta, unit: 'record' },
      };
    },
  };
}

/** The paper's data: each record and 99 augmented copies, all as records of their own. */
function multiply(examples: Examples, randomBytes: RandomBytes): Examples {
  const { inputs, labels, shape } = examples;
  const features = inputs.length / labels.length;
  const all = new Float32Array(PAPER_COPIES * inputs.length);
  for (let record = 0; record < labels.length; record++) {
    const original = inputs.subarray(record * features, (record + 1) * features);
    const copies = copiesOf(original, shape, { copies: PAPER_COPIES, ...PAPER_AUGMENTATION }, randomBytes);
    copies.forEach((values, copy) => {
      all.set(values, (record * PAPER_COPIES + copy) * features);
    });
  }
  const classOf = (_: unknown, at: number) => labels[Math.floor(at / PAPER_COPIES)];
  return { ...examples, inputs: all, labels: Uint8Array.from({ length: PAPER_COPIES * labels.length }, classOf) };
}

/**
 * Trains with a plan's noise and draws the samples, float32 [count × F]. What they cost is for the plan's maker to say.
 * @param plan - a noise multiplier of 0 of the critic trains without privacy (audits only).
 */
export async function runDpgan(
  examples: Examples,
  count: number,
  plan: Pick<DpganPlan, 'warmStart' | 'critic'>,
  training: DpganTraining,
  options: Omit<DpganOptions, 'epsilon' | 'delta'>,
): Promise<Float32Array> {
  const basis = createBasis(examples.shape, options.normalisation, options.ranges);
  const trained = await train(examples, basis, plan, training, options, options.randomBytes ?? secureBytes);
  return publish(trained, count, options.normalisation);
}

/** Trains sampler and critic in turns. */
async function train(
  examples: Examples,
  basis: Basis,
  plan: Pick<DpganPlan, 'warmStart' | 'critic'>,
  training: DpganTraining,
  options: Omit<DpganOptions, 'epsilon' | 'delta'>,
  randomBytes: RandomBytes,
): Promise<Trained> {
  const random = createSecretRandom(randomBytes);
  const noise = createDiscreteGaussian(randomBytes);
  const gaussians = releaseClassGaussians(examples, basis, plan.warmStart, noise);
  const copies = options.augmentation?.copies ?? 1;
  const expectedRecords = plan.critic.sampleRate * examples.labels.length;
  const maxRows = Math.max(FAKES, capacityOf(expectedRecords) * copies);
  const arena = createArena(arenaFloats(basis.dimension, examples, training.hidden, maxRows));
  const records = createRecords(arena, examples, basis, expectedRecords, options.augmentation, randomBytes);
  const painter = createPainter(arena, basis, gaussians, examples, options, randomBytes, random);
  const sampler = createSampler(arena, gaussians, painter, random, FAKES);
  const { hidden, penalty, penaltyPoints, clusterLayers } = training;
  const { dimension } = basis;
  const { classes } = examples;
  const { noiseMultiplier } = plan.critic;
  const settings = { dimension, classes, hidden, penalty, penaltyPoints, clusterLayers, noiseMultiplier };
  const critic = createCritic(arena, { ...settings, expectedRecords, copies, maxRows }, random, randomBytes, noise);
  const seen = arena.create(FAKES, dimension);
  const bySeen = arena.create(FAKES, dimension);
  for (let step = 0; step < training.steps; step++) {
    const rate = 1 - (0.9 * step) / training.steps; // both learning rates fall to a tenth
    const { clipNorm } = critic.learn(
      records.sample(),
      { coordinates: seen, labels: sampler.draw(seen, FAKES) },
      training.criticRate * rate,
    );
    if (!Number.isFinite(clipNorm)) throw diverged(step);
    critic.generatorGradients({ coordinates: seen, labels: sampler.draw(seen, FAKES) }, bySeen);
    sampler.learn(bySeen, FAKES, training.samplerRate * rate);
    options.onProgress?.({ step: step + 1, steps: training.steps, clipNorm });
    await yieldToOthers();
  }
  sampler.settle();
  return { sampler, painter, arena };
}

function diverged(step: number): SamplesError {
  return new SamplesError('NOT_FINITE', `Training the sample generator diverged at step ${step + 1}.`, {
    fault: 'self',
    action: 'Lower its learning rates, or use the gaussian generator.',
    meta: { step: step + 1 },
  });
}

/**
 * The painter of a shape. The contrast is fitted to pictures from the whole warm start; the sampler's own vary less, by its
 * temperature and its fewer directions, so it starts a little darker than declared and learns to make up for it.
 */
function createPainter(
  arena: Arena,
  basis: Basis,
  gaussians: ClassGaussians,
  { shape }: Examples,
  { normalisation }: Pick<DpganOptions, 'normalisation'>,
  randomBytes: RandomBytes,
  random: SeededRandom,
): Painter {
  const features = shape.reduce((product, size) => product * size, 1);
  if (shape.length !== 3) return createTablePainter(arena, basis, features, FAKES);
  const pictures = drawCoordinates(gaussians, basis.dimension, CONTRAST_TRIALS, randomBytes, random);
  const raw = new Float64Array(CONTRAST_TRIALS * features);
  pictures.forEach((coordinates, index) => {
    raw.set(basis.decode(coordinates), index * features);
  });
  return createPicturePainter(arena, basis, features, normalisation, fitContrast(raw, normalisation), FAKES);
}

/** Draws the published samples; float32 [count × F], normalised. */
function publish({ sampler, painter, arena }: Trained, count: number, { mean, stdDev }: Normalisation): Float32Array {
  const { raw } = painter;
  const inputs = new Float32Array(count * raw.columns);
  const seen = arena.create(FAKES, painter.dimension);
  for (let done = 0; done < count; done += FAKES) {
    const rows = Math.min(FAKES, count - done);
    sampler.draw(seen, rows);
    for (let row = 0; row < rows; row++) {
      for (let f = 0; f < raw.columns; f++) {
        inputs[(done + row) * raw.columns + f] = (raw.data[row * raw.stride + f] - mean) / stdDev;
      }
    }
  }
  return inputs;
}

/** Room for everything, generously. */
function arenaFloats(dimension: number, examples: Examples, hidden: readonly number[], maxRows: number): number {
  const features = examples.inputs.length / examples.labels.length;
  const widest = dimension + examples.classes + 16;
  const perRow = 8 * widest + 8 * hidden.reduce((sum, size) => sum + size + 16, 32);
  const layers = 10 * (widest * ((hidden[0] ?? 1) + 16) + hidden.reduce((sum, size) => sum + size * (size + 16), 0));
  const sampler = 4 * (512 * 512 + 512 * widest) + FAKES * (4 * widest + 2048);
  const painter = 4 * (features + 8) * widest + 3 * FAKES * (features + 8);
  return maxRows * perRow + layers + sampler + painter + 1_000_000;
}
