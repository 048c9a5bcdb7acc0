/**
 * Normalisation, fading and thresholds.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fadeCredibility, normaliseCredibility, thresholdOf } from '../../node/credibility/credibility.ts';

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

describe('thresholdOf', () => {
  const terms = { fade: 0.2, thresholdShare: 0.5, graceRounds: 0, silentRounds: 2 };

  it('is a share of an equal share, for all alike', () => {
    for (const examples of [1, 50, 600]) assert.equal(thresholdOf(terms, examples, 5), 0.1);
  });

  it('is another for parties between two numbers of examples', () => {
    const smallParties = { from: 20, below: 115, thresholdShare: 0.25 };
    const of = (examples: number) => thresholdOf({ ...terms, smallParties }, examples, 5);
    assert.deepEqual([19, 20, 114, 115].map(of), [0.1, 0.05, 0.05, 0.1]);
  });
});
