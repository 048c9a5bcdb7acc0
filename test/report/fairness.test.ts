/**
 * Fairness, equation 3.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fairness } from '../../node/report/fairness.ts';

describe('fairness', () => {
  it('is 1 when accuracy rises with contribution in a straight line, −1 when it falls', () => {
    assert.ok(Math.abs((fairness([0.1, 0.2, 0.3], [0.9, 0.91, 0.92]) ?? 0) - 1) < 1e-9);
    assert.ok(Math.abs((fairness([0.1, 0.2, 0.3], [0.92, 0.91, 0.9]) ?? 0) + 1) < 1e-9);
  });

  it('has the known value of a known table', () => {
    // Anscombe's first set: r = 0.81642.
    const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
    const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
    assert.ok(Math.abs((fairness(x, y) ?? 0) - 0.81642) < 1e-5);
  });

  it('is not defined for one party or equal values', () => {
    assert.equal(fairness([0.1], [0.9]), null);
    assert.equal(fairness([0.1, 0.1], [0.8, 0.9]), null);
    assert.equal(fairness([0.1, 0.2], [0.9, 0.9]), null);
  });

  it('stays between −1 and 1 and does not depend on units', () => {
    const list = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 20 });
    fc.assert(
      fc.property(list, list, (x, y) => {
        const length = Math.min(x.length, y.length);
        const r = fairness(x.slice(0, length), y.slice(0, length));
        if (r !== null) assert.ok(Math.abs(r) <= 1 + 1e-9);
      }),
    );
  });
});
