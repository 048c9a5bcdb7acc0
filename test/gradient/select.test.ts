/**
 * Selection against sorting, on ordinary and awkward values.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { rankLargest, selectLargest } from '../../node/gradient/select.ts';

/** The definition, by sorting: largest |x| first, of equal ones the lower index. */
function orderBySorting(gradient: Float32Array, count: number): number[] {
  const order = [...gradient.keys()].sort((a, b) => Math.abs(gradient[b]) - Math.abs(gradient[a]) || a - b);
  return order.slice(0, count);
}

function bySorting(gradient: Float32Array, count: number): Float32Array {
  const kept = new Set(orderBySorting(gradient, count));
  return gradient.map((value, index) => (kept.has(index) ? value : 0));
}

/** Few different values, so that ties are common; zeros of both signs, subnormals, the largest float. */
const awkward = fc.constantFrom(0, -0, 1, -1, 2, -2, 1e-45, -1e-45, 3.4028234663852886e38, 0.5);
const gradients = fc
  .oneof(
    fc.array(awkward, { maxLength: 300 }),
    fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 300 }),
  )
  .map((values) => Float32Array.from(values));

describe('rankLargest', () => {
  it('is the order of sorting, for every count', () => {
    fc.assert(
      fc.property(gradients, fc.nat(), (gradient, pick) => {
        const count = pick % (gradient.length + 1);
        assert.deepEqual([...rankLargest(gradient, count)], orderBySorting(gradient, count));
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});

describe('selectLargest', () => {
  it('is what sorting gives, for every count', () => {
    fc.assert(
      fc.property(gradients, fc.nat(), (gradient, pick) => {
        const count = pick % (gradient.length + 1);
        assert.deepEqual(
          selectLargest(gradient, count).map((value) => value + 0),
          bySorting(gradient, count).map((value) => value + 0),
        );
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('keeps exactly d entries of distinct values, all of them or none', () => {
    const gradient = Float32Array.from({ length: 5000 }, (_, index) => Math.sin(index + 1));
    for (const count of [0, 1, 2, 2499, 4999, 5000]) {
      assert.equal(selectLargest(gradient, count).filter((value) => value !== 0).length, count);
    }
  });

  it('works on a view that does not start at the beginning of its buffer', () => {
    const view = Float32Array.of(9, 9, 1, 3, 2).subarray(2);
    assert.deepEqual(selectLargest(view, 1), Float32Array.of(0, 3, 0));
  });

  it('refuses counts out of range and entries that are no numbers', () => {
    const gradient = Float32Array.of(1, 2);
    for (const count of [-1, 3, 0.5, Number.NaN]) {
      assert.throws(() => selectLargest(gradient, count), { code: 'COUNT_OUT_OF_RANGE' });
    }
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      assert.throws(() => selectLargest(Float32Array.of(1, value), 0), { code: 'NOT_FINITE' });
    }
  });
});
