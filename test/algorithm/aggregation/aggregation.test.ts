/**
 * Aggregation rules.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addMean } from '../../../node/algorithm/aggregation/mean.ts';
import type { Update } from '../../../node/algorithm/aggregation/rule.ts';
import { addSum } from '../../../node/algorithm/aggregation/sum.ts';

const update = (): Update => ({
  parameters: Float32Array.of(1, 2),
  gradient: Float32Array.of(0.5, -1),
  shared: Float32Array.of(0.5, 0),
  sum: Float32Array.of(1.5, 3),
  parties: 4,
});

describe('aggregation', () => {
  it('by sum adds everything', () => {
    assert.deepEqual(addSum(update()), Float32Array.of(3, 4));
  });

  it('by mean divides what is shared, its own too, by all credible parties', () => {
    assert.deepEqual(addMean(update()), Float32Array.of(1.5, 2.75));
  });

  it('leaves its arguments alone', () => {
    for (const rule of [addSum, addMean]) {
      const given = update();
      rule(given);
      assert.deepEqual(given, update());
    }
  });
});
