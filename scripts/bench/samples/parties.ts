/**
 * The parties of the sample benchmark: what they hold, and models trained on it.
 * @module
 */
import type { Learner } from '../../../node/algorithm/ports.ts';
import { selectExamples } from '../../../node/dataset/pictures.ts';
import { createSeededRandom, type SeededRandom } from '../../../node/random.ts';
import type { Examples } from '../../../node/types.ts';
import type { Cache } from './cache.ts';

/** Records of a party unless its kind says otherwise. */
const RECORDS = 600;
/** Training digits kept for tuning: no party of the benchmark holds one. They also serve as its real held-out digits. */
const TUNING_DIGITS = 12_000;
/** Decides which digits those are; the same for all seeds. */
const SPLIT_SEED = 20;
/** Records kept aside for the party whose samples are rated. */
const OWNER_RECORDS = { benchmark: 30_000, tuning: 6000 };
/** How the standalone models are trained. */
const TRAINING = { epochs: 10, batchSize: 1, learningRate: 0.01 };
/** Records of the graded parties with few records. */
const GRADED_SIZES = [60, 120, 180, 240, 320, 420];
/** Share of random labels of the graded parties with poor labels. */
const GRADED_NOISE = [0.15, 0.3, 0.4, 0.5, 0.6, 0.7];

/** `tuning` is for choosing the generators' constants, on digits and seeds the benchmark does not use. */
export type Purpose = 'benchmark' | 'tuning';

/** What kind of contributor a party is. */
export type PartyKind = 'good' | 'bad' | 'graded';

/** A party that labels samples. */
export interface Labeller {
  readonly kind: PartyKind;
  readonly parameters: Float32Array;
  /** Share of digits unknown to all parties that it labels right. */
  readonly accuracy: number;
}

/** One draw of everything random. */
export interface World {
  readonly seed: number;
  /** Records of the party whose samples are rated; nobody else's. */
  readonly owner: Examples;
  /** Real digits that no labeller knows; in a benchmark the owner does not know them either. */
  readonly heldOut: Examples;
  readonly labellers: readonly Labeller[];
}

/** One party to be. */
interface Plan {
  readonly kind: PartyKind;
  readonly records?: number;
  readonly noise?: number;
  readonly flipped?: boolean;
}

/** 15 good parties, 3 bad ones (labels flipped, labels random, 30 records), 12 graded ones. */
const PLANS: readonly Plan[] = [
  ...Array.from({ length: 15 }, () => ({ kind: 'good' as const })),
  { kind: 'bad', flipped: true },
  { kind: 'bad', noise: 1 },
  { kind: 'bad', records: 30 },
  ...GRADED_SIZES.map((records) => ({ kind: 'graded' as const, records })),
  ...GRADED_NOISE.map((noise) => ({ kind: 'graded' as const, noise })),
];

/** The digits of a purpose in the order of a seed, the owner's first, and those that nobody holds. */
function deal(train: Examples, purpose: Purpose, seed: number): { pool: Uint32Array; unused: Uint32Array } {
  const split = createSeededRandom(SPLIT_SEED).permutation(train.labels.length);
  const tuning = split.subarray(0, TUNING_DIGITS);
  const own = purpose === 'tuning' ? tuning : split.subarray(TUNING_DIGITS);
  const shuffled = (digits: Uint32Array, order: number) =>
    createSeededRandom(order)
      .permutation(digits.length)
      .map((at) => digits[at]);
  const pool = shuffled(own, 1000 + seed);
  return {
    pool,
    unused: purpose === 'tuning' ? pool.subarray(0, OWNER_RECORDS.tuning) : shuffled(tuning, 2000 + seed),
  };
}

/**
 * What a party holds. Parties of the benchmark share no digit; those of tuning each draw from the same 6,000, which
 * would not be enough for all.
 */
function holdingsOf(pool: Uint32Array, index: number, plan: Plan, purpose: Purpose, random: SeededRandom): Uint32Array {
  const rest = pool.subarray(OWNER_RECORDS[purpose]);
  const { records = RECORDS } = plan;
  if (purpose === 'benchmark') return rest.subarray(index * RECORDS, index * RECORDS + records);
  return random
    .permutation(rest.length)
    .subarray(0, records)
    .map((at) => rest[at]);
}

/**
 * Trains the parties of a seed, or remembers them.
 * @param test - digits on which a benchmark's true accuracy is measured; tuning takes the owner's.
 * @param version - what the models depend on besides the plan: data and learner.
 * @param onProgress - told after each party that had to be trained.
 */
export async function createWorld(
  train: Examples,
  test: Examples,
  learner: Learner,
  seed: number,
  purpose: Purpose,
  cache: Cache,
  version: string,
  onProgress: (done: number, of: number) => void,
): Promise<World> {
  const { pool, unused } = deal(train, purpose, seed);
  const owner = selectExamples(train, pool.subarray(0, OWNER_RECORDS[purpose]));
  const judged = purpose === 'tuning' ? owner : test;
  const labellers: Labeller[] = [];
  for (const [index, plan] of PLANS.entries()) {
    const { kind, noise = 0, flipped = false } = plan;
    const own = seed * 100 + index;
    const key = [version, purpose, own, plan, TRAINING, TUNING_DIGITS, SPLIT_SEED];
    const parameters = await cache.floats(['parameters', ...key], async () => {
      const random = createSeededRandom(own);
      const examples = selectExamples(train, holdingsOf(pool, index, plan, purpose, random));
      const labels = examples.labels.map((label) => {
        if (flipped) return examples.classes - 1 - label;
        return random.uniform() < noise ? random.below(examples.classes) : label;
      });
      const trained = await learner.train(learner.initialise(own), { ...examples, labels }, { ...TRAINING, seed: own });
      onProgress(index + 1, PLANS.length);
      return trained;
    });
    const accuracy = await cache.json(['accuracy', ...key], async () => {
      const answers = await learner.label(parameters, judged.inputs);
      return answers.reduce((sum, answer, row) => sum + (answer === judged.labels[row] ? 1 : 0), 0) / answers.length;
    });
    labellers.push({ kind, parameters, accuracy });
  }
  return { seed, owner, heldOut: selectExamples(train, unused), labellers };
}
