/**
 * Normalisation, fading and the threshold.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fadeCredibility, lowContributors, normaliseCredibility } from '../../node/credibility/credibility.ts';

describe('normaliseCredibility', () => {
  it('divides by the sum over the others and leaves 0 outside', () => {
    assert.deepEqual(normaliseCredibility([0.9, 0.75, 0.25, 0.9], [1, 2]), [0, 0.75, 0.25, 0]);
  });

  it('shares equally when nobody has any', () => {
    assert.deepEqual(normaliseCredibility([0, 0, 0], [0, 2]), [0.5, 0, 0.5]);
  });

  it('sums to 1 over any others', () => {
    const raw = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(raw, (credibility) => {
        const others = credibility.map((_, id) => id).slice(1);
        const sum = normaliseCredibility(credibility, others).reduce((a, b) => a + b, 0);
        assert.ok(Math.abs(sum - 1) < 1e-9);
      }),
    );
  });
});

describe('fadeCredibility', () => {
  it('weighs the old by fade and the new by the rest', () => {
    const faded = fadeCredibility([0, 0.5], [0, 1], 0.2);
    assert.equal(faded[0], 0);
    assert.ok(Math.abs(faded[1] - (0.2 * 0.5 + 0.8 * 1)) < 1e-12);
  });
});

describe('lowContributors', () => {
  it('names those strictly below the threshold', () => {
    assert.deepEqual(lowContributors([0, 0.1, 0.2, 0.7], [1, 2, 3], 0.2), [1]);
  });

  it('looks at the others only', () => {
    assert.deepEqual(lowContributors([0, 0, 1], [2], 0.2), []);
  });
});
