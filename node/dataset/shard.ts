/**
 * Splits one dataset among parties as the experiments need it: equal, given, imbalanced or label-skewed shares.
 * Every split is a function of its seed alone, and says so in what it returns.
 * @module
 */
import { createSeededRandom, type SeededRandom } from '../random.ts';
import { DatasetError } from './errors.ts';

/** How to share examples out. */
export type PartitionPlan =
  /** `size` examples each; all of them, as far as they divide, if `size` is left out. */
  | { readonly kind: 'equal'; readonly parties: number; readonly size?: number }
  /** As many examples as the list says, party by party. */
  | { readonly kind: 'sizes'; readonly sizes: readonly number[] }
  /**
   * "Randomly partition in total `total` examples among parties" (paper, section 5.3): sizes proportional to
   * independent uniform numbers, none below `smallest`.
   */
  | { readonly kind: 'imbalanced'; readonly parties: number; readonly total: number; readonly smallest?: number }
  /**
   * Each class is shared out by proportions drawn from Dirichlet(α, …, α): α → 0 gives each class to one party,
   * α → ∞ the same mix to all. Drawn again until nobody has fewer than `smallest`.
   */
  | { readonly kind: 'skewed'; readonly parties: number; readonly alpha: number; readonly smallest?: number };

/** A split, with what is needed to make it again. */
export interface Partition {
  /** Name of the random generator. */
  readonly generator: 'xoroshiro128plus';
  readonly seed: number;
  readonly plan: PartitionPlan;
  /** Rows of each party, disjoint; uint32 each. */
  readonly shards: readonly Uint32Array[];
}

/** How often an unlucky Dirichlet draw is repeated. */
const MAX_DRAWS = 100;

function impossible(detail: string): DatasetError {
  return new DatasetError('BAD_PARTITION', `The data cannot be shared out so: ${detail}.`, {
    action: 'Ask for fewer parties or examples, or give more data.',
  });
}

/** Consecutive pieces of `order` of the given lengths. */
function cut(order: Uint32Array, sizes: readonly number[]): Uint32Array[] {
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return order.slice(start - size, start);
  });
}

/** Integers proportional to `weights` that sum to `total`: floors first, the rest to the largest remainders. */
function apportion(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (weight / sum) * total);
  const counts = exact.map(Math.floor);
  const missing = total - counts.reduce((a, b) => a + b, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - counts[index] }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, missing)) counts[index]++;
  return counts;
}

function normal(random: SeededRandom): number {
  // Box–Muller; 1 − u keeps the logarithm finite.
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}

/** Gamma(shape, 1): Marsaglia and Tsang, "A simple method for generating gamma variables" (2000), with their boost for shape < 1. */
function gamma(shape: number, random: SeededRandom): number {
  if (shape < 1) return gamma(shape + 1, random) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = normal(random);
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** A draw from Dirichlet(α, …, α). Tiny α can underflow every term; then one party, at random, has it all. */
function dirichlet(parties: number, alpha: number, random: SeededRandom): number[] {
  const weights = Array.from({ length: parties }, () => gamma(alpha, random));
  if (Math.max(...weights) === 0) weights[random.below(parties)] = 1;
  return weights;
}

function imbalancedSizes(plan: Extract<PartitionPlan, { kind: 'imbalanced' }>, random: SeededRandom): number[] {
  const smallest = plan.smallest ?? 1;
  if (smallest * plan.parties > plan.total) {
    throw impossible(`${plan.total} examples do not give ${plan.parties} parties ${smallest} each`);
  }
  const weights = Array.from({ length: plan.parties }, () => random.uniform() + Number.MIN_VALUE);
  return apportion(weights, plan.total - smallest * plan.parties).map((size) => size + smallest);
}

function skewedShards(
  labels: Uint8Array,
  plan: Extract<PartitionPlan, { kind: 'skewed' }>,
  random: SeededRandom,
): Uint32Array[] {
  const smallest = plan.smallest ?? 1;
  const byClass: number[][] = [];
  for (const row of random.permutation(labels.length)) {
    byClass[labels[row]] ??= [];
    byClass[labels[row]].push(row);
  }
  // Classes that do not occur leave holes, which flat() skips.
  const rows = byClass.flatMap((list) => [Uint32Array.from(list)]);
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const pieces = rows.map((list) => cut(list, apportion(dirichlet(plan.parties, plan.alpha, random), list.length)));
    const shards = Array.from({ length: plan.parties }, (_, party) =>
      Uint32Array.from(pieces.flatMap((piece) => [...piece[party]])),
    );
    if (shards.every((shard) => shard.length >= smallest)) return shards;
  }
  throw impossible(`in ${MAX_DRAWS} draws some party always had fewer than ${smallest} examples`);
}

/**
 * Shares the examples out.
 * @param labels - class of each example; only `skewed` looks at their values; uint8 [N].
 * @param seed - 32-bit integer; the same seed gives the same split on every host.
 * @throws {@link DatasetError} `BAD_PARTITION`.
 */
export function partition(labels: Uint8Array, plan: PartitionPlan, seed: number): Partition {
  const random = createSeededRandom(seed);
  const made = { generator: 'xoroshiro128plus', seed, plan } as const;
  if (plan.kind === 'skewed') return { ...made, shards: skewedShards(labels, plan, random) };

  // Sizes are drawn first, so that they depend on plan and seed and not on how much data there is to choose from.
  const sizes =
    plan.kind === 'sizes'
      ? plan.sizes
      : plan.kind === 'imbalanced'
        ? imbalancedSizes(plan, random)
        : new Array<number>(plan.parties).fill(plan.size ?? Math.floor(labels.length / plan.parties));
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total > labels.length) throw impossible(`${total} examples are asked for and there are ${labels.length}`);
  if (sizes.some((size) => size < 1)) throw impossible('every party needs at least one example');
  return { ...made, shards: cut(random.permutation(labels.length), sizes) };
}

/**
 * Sets `count` random examples aside for testing.
 * @returns rows kept for training and rows held out, disjoint, together all.
 * @throws {@link DatasetError} `BAD_PARTITION`.
 */
export function holdOut(total: number, count: number, seed: number): { train: Uint32Array; test: Uint32Array } {
  if (count < 0 || count >= total) throw impossible(`${count} of ${total} examples cannot be held out`);
  const order = createSeededRandom(seed).permutation(total);
  return { train: order.slice(count), test: order.slice(0, count) };
}
