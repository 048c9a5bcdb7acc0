/**
 * The parties of the sample benchmark: what they hold, and models trained on it.
 * @module
 */
import type { Learner } from '../../../node/algorithm/ports.ts';
import { selectExamples } from '../../../node/dataset/pictures.ts';
import { createSeededRandom } from '../../../node/random.ts';
import type { Examples } from '../../../node/types.ts';

/** Records of a party unless its kind says otherwise. */
const RECORDS = 600;
/** Records kept aside for the party whose samples are rated. */
const OWNER_RECORDS = 30_000;
/** How the standalone models are trained. */
const TRAINING = { epochs: 10, batchSize: 1, learningRate: 0.01 };
/** Records of the graded parties with few records. */
const GRADED_SIZES = [60, 120, 180, 240, 320, 420];
/** Share of random labels of the graded parties with poor labels. */
const GRADED_NOISE = [0.15, 0.3, 0.4, 0.5, 0.6, 0.7];

/** What kind of contributor a party is. */
export type PartyKind = 'good' | 'bad' | 'graded';

/** A party that labels samples. */
export interface Labeller {
  readonly kind: PartyKind;
  readonly parameters: Float32Array;
  /** Share of the test digits it labels right. */
  readonly accuracy: number;
}

/** One draw of everything random. */
export interface World {
  readonly seed: number;
  /** Records of the party whose samples are rated; nobody else's. */
  readonly owner: Examples;
  readonly labellers: readonly Labeller[];
}

/** 15 good parties, 3 bad ones (labels flipped, labels random, 30 records), 12 graded ones. */
export async function createWorld(train: Examples, test: Examples, learner: Learner, seed: number): Promise<World> {
  const random = createSeededRandom(seed);
  const order = createSeededRandom(1000 + seed).permutation(train.labels.length);
  const plans: { kind: PartyKind; records?: number; noise?: number; flipped?: boolean }[] = [
    ...Array.from({ length: 15 }, () => ({ kind: 'good' as const })),
    { kind: 'bad', flipped: true },
    { kind: 'bad', noise: 1 },
    { kind: 'bad', records: 30 },
    ...GRADED_SIZES.map((records) => ({ kind: 'graded' as const, records })),
    ...GRADED_NOISE.map((noise) => ({ kind: 'graded' as const, noise })),
  ];
  const labellers: Labeller[] = [];
  for (const [index, { kind, records = RECORDS, noise = 0, flipped = false }] of plans.entries()) {
    const start = OWNER_RECORDS + index * RECORDS;
    const examples = selectExamples(train, order.subarray(start, start + records));
    const labels = examples.labels.map((label) => {
      if (flipped) return examples.classes - 1 - label;
      return random.uniform() < noise ? random.below(examples.classes) : label;
    });
    const own = seed * 100 + index;
    const parameters = await learner.train(
      learner.initialise(own),
      { ...examples, labels },
      { ...TRAINING, seed: own },
    );
    const answers = await learner.label(parameters, test.inputs);
    const right = answers.reduce((sum, answer, row) => sum + (answer === test.labels[row] ? 1 : 0), 0);
    labellers.push({ kind, parameters, accuracy: right / answers.length });
  }
  return { seed, owner: selectExamples(train, order.subarray(0, OWNER_RECORDS)), labellers };
}
