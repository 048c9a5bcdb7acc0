/**
 * Aggregation rules.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addMean } from '../../../node/algorithm/aggregation/mean.ts';
import { addSum } from '../../../node/algorithm/aggregation/sum.ts';

const parameters = Float32Array.of(1, 2);
const gradient = Float32Array.of(0.5, -1);
const sum = Float32Array.of(1.5, 3);

describe('aggregation', () => {
  it('by sum adds everything', () => {
    assert.deepEqual(addSum(parameters, gradient, sum), Float32Array.of(3, 4));
  });

  it('by mean divides by all who gave, this party included', () => {
    assert.deepEqual(addMean(parameters, gradient, sum, 3), Float32Array.of(1.5, 2.5));
  });

  it('without a sum is local training', () => {
    assert.deepEqual(addSum(parameters, gradient, undefined), Float32Array.of(1.5, 1));
    assert.deepEqual(addMean(parameters, gradient, undefined, 0), Float32Array.of(1.5, 1));
  });

  it('leaves its arguments alone', () => {
    addMean(parameters, gradient, sum, 3);
    assert.deepEqual(parameters, Float32Array.of(1, 2));
  });
});
