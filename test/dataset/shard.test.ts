/**
 * Partitions: disjoint, of the sizes asked for, repeatable, and skewed as far as α says.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { holdOut, type PartitionPlan, partition } from '../../node/dataset/shard.ts';

const labels = Uint8Array.from({ length: 4000 }, (_, row) => row % 10);
const sizesOf = (plan: PartitionPlan, seed: number) =>
  partition(labels, plan, seed).shards.map((shard) => shard.length);
const seeds = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const plans: fc.Arbitrary<PartitionPlan> = fc.oneof(
  fc.record({ kind: fc.constant('equal' as const), parties: fc.integer({ min: 1, max: 20 }) }),
  fc.record({
    kind: fc.constant('imbalanced' as const),
    parties: fc.integer({ min: 1, max: 20 }),
    total: fc.integer({ min: 400, max: 4000 }),
    smallest: fc.integer({ min: 1, max: 20 }),
  }),
  fc.record({
    kind: fc.constant('skewed' as const),
    parties: fc.integer({ min: 1, max: 20 }),
    alpha: fc.double({ min: 0.5, max: 100, noNaN: true }),
  }),
);

describe('partition', () => {
  it('gives every row to at most one party, and the same rows again for the same seed', () => {
    fc.assert(
      fc.property(plans, seeds, (plan, seed) => {
        const { shards } = partition(labels, plan, seed);
        const rows = shards.flatMap((shard) => [...shard]);
        assert.equal(new Set(rows).size, rows.length);
        assert.ok(rows.every((row) => row < labels.length));
        assert.ok(shards.every((shard) => shard.length >= 1));
        assert.deepEqual(partition(labels, plan, seed).shards, shards);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('depends on the seed', () => {
    const plan = { kind: 'equal', parties: 2, size: 50 } as const;
    assert.notDeepEqual(partition(labels, plan, 1).shards, partition(labels, plan, 2).shards);
  });

  it('gives equal and given sizes exactly', () => {
    assert.deepEqual(sizesOf({ kind: 'equal', parties: 4, size: 600 }, 1), [600, 600, 600, 600]);
    assert.deepEqual(sizesOf({ kind: 'equal', parties: 3 }, 1), [1333, 1333, 1333]);
    assert.deepEqual(sizesOf({ kind: 'sizes', sizes: [437, 980, 150, 835] }, 1), [437, 980, 150, 835]);
  });

  it('hands out the whole total in unequal, seeded sizes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 25 }),
        seeds,
        (parties, smallest, seed) => {
          const sizes = sizesOf({ kind: 'imbalanced', parties, total: 2400, smallest }, seed);
          assert.equal(
            sizes.reduce((a, b) => a + b, 0),
            2400,
          );
          assert.ok(Math.min(...sizes) >= smallest);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
    // Pinned: published experiments name the seed, so the sizes behind it must never move.
    assert.deepEqual(sizesOf({ kind: 'imbalanced', parties: 4, total: 2400, smallest: 60 }, 1), [789, 653, 530, 428]);
  });

  it('shares every row out when skewed, the more unevenly the smaller α is', () => {
    /** Mean over parties of the largest class's share: 0.1 when even, 1 when each party has a single class. */
    const concentration = (alpha: number) => {
      const { shards } = partition(labels, { kind: 'skewed', parties: 5, alpha }, 3);
      assert.equal(
        shards.reduce((sum, shard) => sum + shard.length, 0),
        labels.length,
      );
      const largest = shards.map((shard) => {
        const perClass = new Array<number>(10).fill(0);
        for (const row of shard) perClass[labels[row]]++;
        return Math.max(...perClass) / shard.length;
      });
      return largest.reduce((a, b) => a + b, 0) / shards.length;
    };
    const [sharp, middle, even] = [concentration(0.1), concentration(1), concentration(1000)];
    assert.ok(sharp > 0.35 && sharp > middle && middle > even, `${sharp} ${middle} ${even}`);
    assert.ok(even < 0.12, `${even}`);
  });

  it('draws shares with the mean and variance of a Dirichlet distribution', () => {
    const [classes, rows] = [256, 200];
    const many = Uint8Array.from({ length: classes * rows }, (_, row) => row % classes);
    for (const alpha of [0.5, 5]) {
      const shares = Array.from({ length: 16 }, (_, seed) => {
        const counts = new Array<number>(classes).fill(0);
        const [first] = partition(many, { kind: 'skewed', parties: 2, alpha }, seed).shards;
        for (const row of first) counts[many[row]]++;
        return counts.map((count) => count / rows);
      }).flat();
      const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
      const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
      // One class's share is Beta(α, α): mean 1/2, variance 1 / (4(2α + 1)). Both bounds are 5 standard errors of 4,096
      // draws, for kurtosis at most 3: false failure below 1e-5.
      const expected = 1 / (4 * (2 * alpha + 1));
      assert.ok(Math.abs(mean - 0.5) < 5 * Math.sqrt(expected / shares.length), `α ${alpha}: mean ${mean}`);
      const bound = 5 * expected * Math.sqrt(2 / shares.length);
      assert.ok(Math.abs(variance - expected) < bound, `α ${alpha}: variance ${variance}, not ${expected}`);
    }
  });

  it('refuses what the data cannot give', () => {
    const impossible: PartitionPlan[] = [
      { kind: 'equal', parties: 5, size: 1000 },
      { kind: 'equal', parties: 5000 },
      { kind: 'sizes', sizes: [10, 0] },
      { kind: 'imbalanced', parties: 10, total: 50, smallest: 6 },
      { kind: 'imbalanced', parties: 10, total: 5000 },
      { kind: 'skewed', parties: 20, alpha: 0.01, smallest: 190 },
    ];
    for (const plan of impossible) assert.throws(() => partition(labels, plan, 1), { code: 'BAD_PARTITION' });
  });
});

describe('holdOut', () => {
  it('splits all rows in two', () => {
    const { train, test } = holdOut(100, 30, 7);
    assert.equal(test.length, 30);
    assert.deepEqual(
      [...train, ...test].sort((a, b) => a - b),
      Array.from({ length: 100 }, (_, row) => row),
    );
    assert.deepEqual(holdOut(100, 30, 7).test, test);
  });

  it('refuses to hold everything out', () => {
    assert.throws(() => holdOut(10, 10, 1), { code: 'BAD_PARTITION' });
  });
});
