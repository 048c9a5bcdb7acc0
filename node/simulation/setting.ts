/**
 * The settings of the paper's experiments (§5.3), as parties with data and sharing levels.
 * @module
 */
import { type InputFormat, type Pictures, picturesToExamples, selectPictures } from '../dataset/pictures.ts';
import { type PartitionPlan, partition } from '../dataset/shard.ts';
import { createSeededRandom } from '../random.ts';
import type { SimulatedParty } from './simulate.ts';

/**
 * `same`: 600 examples each, λ = 0.1. `different`: 600 each, λ uniform in [0.1, 0.5]. `imbalanced`: 600 per party on
 * average, shared out at random, λ = 0.1. `skewed`: 600 per party on average, each class shared out by Dirichlet(0.5),
 * λ = 0.1 (not in the paper).
 */
export const settings = ['same', 'different', 'imbalanced', 'skewed'] as const;
/** See {@link settings}. */
export type Setting = (typeof settings)[number];

/** Examples per party on average. */
const EXAMPLES = 600;
/** Fewest examples of a party whose number is random. */
const SMALLEST = 20;

/** How a setting shares the data out. */
export function planOf(setting: Setting, parties: number): PartitionPlan {
  switch (setting) {
    case 'imbalanced':
      return { kind: 'imbalanced', parties, total: EXAMPLES * parties, smallest: SMALLEST };
    case 'skewed':
      return { kind: 'skewed', parties, alpha: 0.5, smallest: SMALLEST };
    default:
      return { kind: 'equal', parties, size: EXAMPLES };
  }
}

/**
 * The parties of one run. The split and the levels are functions of the seed.
 * @param train - at least 600 pictures per party.
 */
export function partiesOf(
  setting: Setting,
  parties: number,
  train: Pictures,
  format: InputFormat,
  seed: number,
): SimulatedParty[] {
  const random = createSeededRandom(seed);
  const pool =
    setting === 'skewed'
      ? selectPictures(train, random.permutation(train.labels.length).slice(0, EXAMPLES * parties))
      : train;
  const { shards } = partition(pool.labels, planOf(setting, parties), seed);
  return shards.map((shard) => ({
    examples: picturesToExamples(selectPictures(pool, shard), format, 'the training data'),
    sharingLevel: setting === 'different' ? 0.1 + 0.4 * random.uniform() : 0.1,
  }));
}
