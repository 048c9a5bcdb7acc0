/**
 * Declared ranges of tables, from the node's configuration to the generator's units.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rangesOf } from '../../node/samples/ranges.ts';

describe('declared ranges', () => {
  const inputs = { shape: [3], mean: 0.5, stdDev: 0.25 };

  it('are normalised as the inputs are', () => {
    const declared = [
      [0, 1],
      [-1, 0.5],
      [0.5, 0.75],
    ] as const;
    assert.deepEqual(rangesOf(declared, { format: 'npy' }, inputs), [
      [-2, 2],
      [-6, 0],
      [0, 1],
    ]);
  });

  it('may be one pair for all, and of a CSV table are known', () => {
    const all = Array.from({ length: 3 }, () => [-2, 2]);
    assert.deepEqual(rangesOf([[0, 1]], { format: 'npy' }, inputs), all);
    assert.deepEqual(rangesOf(undefined, { format: 'csv' }, inputs), all);
    assert.deepEqual(rangesOf([[0.5, 0.75]], { format: 'csv' }, inputs)?.[2], [0, 1]);
  });

  it('are of no use for pictures, nor guessed', () => {
    assert.equal(rangesOf(undefined, { format: 'npy' }, inputs), undefined);
    assert.equal(rangesOf([[0, 1]], { format: 'idx' }, { ...inputs, shape: [2, 2, 1] }), undefined);
  });
});
