/**
 * The settings of the paper's experiments (§5.3), as parties with data and sharing levels.
 * @module
 */
import { type Partition, type PartitionPlan, partition } from '../dataset/shard.ts';
import { createSeededRandom } from '../random.ts';
import type { ExamplePool } from './pool.ts';
import type { SimulatedParty } from './simulate.ts';

/**
 * `same`: 600 examples each, λ = 0.1. `different`: 600 each, λ uniform in [0.1, 0.5]. `imbalanced`: 600 per party on
 * average, shared out at random, λ = 0.1. `skewed`: 600 per party on average, each class shared out by Dirichlet(0.5),
 * λ = 0.1 (not in the paper).
 */
export const settings = ['same', 'different', 'imbalanced', 'skewed'] as const;
/** See {@link settings}. */
export type Setting = (typeof settings)[number];

/** Examples per party on average, where there are so many. */
const EXAMPLES = 600;
/** Fewest examples of a party whose number is random. */
const SMALLEST = 20;

/** What a setting's fairness is measured against: λ where levels differ, else |D_i|. */
export function contributionOf(setting: Setting): 'sharingLevel' | 'examples' {
  return setting === 'different' ? 'sharingLevel' : 'examples';
}

/** How a setting shares the data out, `average` examples per party. */
export function planOf(setting: Setting, parties: number, average = EXAMPLES): PartitionPlan {
  const smallest = Math.min(SMALLEST, Math.floor(average / 2));
  switch (setting) {
    case 'imbalanced':
      return { kind: 'imbalanced', parties, total: average * parties, smallest };
    case 'skewed':
      return { kind: 'skewed', parties, alpha: 0.5, smallest };
    default:
      return { kind: 'equal', parties, size: average };
  }
}

/** The parties of one run, and how the data were shared out. */
export interface FormedParties {
  readonly parties: readonly SimulatedParty[];
  /** Names the generator and its seed; `shards` are rows of the pool. */
  readonly partition: Partition;
}

/** The parties of one run. The split and the levels are functions of the seed. */
export function formParties(setting: Setting, parties: number, pool: ExamplePool, seed: number): FormedParties {
  const random = createSeededRandom(seed);
  const average = Math.min(EXAMPLES, Math.floor(pool.labels.length / parties));
  // A Dirichlet split shares out all it is given.
  const rows = setting === 'skewed' ? random.permutation(pool.labels.length).slice(0, average * parties) : undefined;
  const labels = rows === undefined ? pool.labels : Uint8Array.from(rows, (row) => pool.labels[row]);
  const split = partition(labels, planOf(setting, parties, average), seed);
  const shards = split.shards.map((shard) => (rows === undefined ? shard : shard.map((at) => rows[at])));
  return {
    partition: { ...split, shards },
    parties: shards.map((shard) => ({
      examples: pool.draw(shard),
      sharingLevel: setting === 'different' ? 0.1 + 0.4 * random.uniform() : 0.1,
    })),
  };
}
