/**
 * Nobody gives more than half of a sum.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isDominant, withoutDominance } from '../../node/onion/dominance.ts';

const lines = (...counts: number[]) => counts.map((count, provider) => ({ provider, count }));

describe('dominance', () => {
  it('is more than half of all entries', () => {
    assert.ok(isDominant(lines(1, 100), 1));
    assert.ok(isDominant(lines(30, 20, 51), 2));
    for (const orders of [lines(50, 50), lines(30, 20, 50), lines(1, 1, 1)]) {
      for (const { provider } of orders) assert.ok(!isDominant(orders, provider));
    }
    assert.ok(!isDominant(lines(1, 100), 0));
    assert.ok(!isDominant(lines(1, 100), 9));
  });

  it('is taken off by asking less of the one, and of nobody else', () => {
    assert.deepEqual(withoutDominance(lines(1, 100)), lines(1, 1));
    assert.deepEqual(withoutDominance(lines(30, 80, 20)), lines(30, 50, 20));
    assert.deepEqual(withoutDominance(lines(30, 20, 50)), lines(30, 20, 50));
    const counts = fc.array(fc.integer({ min: 1, max: 2 ** 32 - 1 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(counts, (given) => {
        const orders = lines(...given);
        const left = withoutDominance(orders);
        let changed = 0;
        for (const [at, { provider, count }] of left.entries()) {
          assert.ok(!isDominant(left, provider));
          assert.ok(count >= 1 && count <= orders[at].count);
          if (count < orders[at].count) changed++;
          if (count < orders[at].count) assert.ok(isDominant(orders, provider));
        }
        assert.ok(changed <= 1);
      }),
      { seed: 1 },
    );
  });
});
