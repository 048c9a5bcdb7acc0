/**
 * What a party shares of its gradient.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeFixed, fixedPointFor, roundingSeed } from '../../node/gradient/fixedPoint.ts';
import { selectLargest } from '../../node/gradient/select.ts';
import { sharedValues, shareGradient, wordsOf } from '../../node/gradient/shared.ts';

const sharing = { round: 3, provider: 1, cap: 3, clamp: 0.5, levels: 2 };
/** Few different values, so that ties are common, and any others. */
const entry = fc.oneof(fc.constantFrom(0, -0, 0.25, -0.25, 0.5, -0.5, 1), fc.float({ min: -1, max: 1, noNaN: true }));
const entries = fc.array(entry, { minLength: 1, maxLength: 60 });

describe('wordsOf', () => {
  it('gives what encoding the largest entries alone gives, for every count and width', () => {
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 20 }), fc.nat(), (values, providers, some) => {
        const gradient = Float32Array.from(values);
        const count = some % (values.length + 1);
        const format = fixedPointFor(0.5, 2, providers);
        const expected = encodeFixed(selectLargest(gradient, count), format, roundingSeed(3, 1));
        assert.deepEqual(wordsOf(shareGradient(gradient, { ...sharing, cap: count }), count, format.bits), expected);
        const all = shareGradient(gradient, { ...sharing, cap: values.length });
        assert.deepEqual(wordsOf(all, count, format.bits), expected);
      }),
      { seed: 1 },
    );
  });
});

describe('shareGradient', () => {
  it('does the work once for a gradient, and anew for another sharing or gradient', () => {
    const gradient = Float32Array.from({ length: 50 }, (_, index) => Math.sin(index) / 9);
    const first = shareGradient(gradient, sharing);
    assert.equal(shareGradient(gradient, { ...sharing }), first);
    const changes = [{ round: 4 }, { provider: 2 }, { cap: 4 }, { clamp: 0.25 }, { levels: 4 }];
    for (const change of changes) assert.notDeepEqual(shareGradient(gradient, { ...sharing, ...change }), first);
    assert.notEqual(shareGradient(gradient.slice(), sharing), first);
  });

  it('refuses what selection and fixed point refuse', () => {
    assert.throws(() => shareGradient(Float32Array.of(1, 2), sharing), { code: 'COUNT_OUT_OF_RANGE' });
    assert.throws(() => shareGradient(Float32Array.of(1, Number.NaN, 2), sharing), { code: 'NOT_FINITE' });
  });
});

describe('sharedValues', () => {
  it('keeps the largest entries only, clamped', () => {
    const shared = sharedValues(Float32Array.of(0.5, -9, 0.1, 0.5, 0.2), sharing);
    assert.deepEqual(shared, Float32Array.of(0.5, -0.5, 0, 0.5, 0));
  });

  it('gives a level next to each entry it keeps', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (values, some) => {
        const gradient = Float32Array.from(values);
        const cap = some % (values.length + 1);
        const chosen = selectLargest(gradient, cap);
        sharedValues(gradient, { ...sharing, cap }).forEach((value, index) => {
          assert.ok([-0.5, -0.25, 0, 0.25, 0.5].includes(value));
          const clamped = Math.max(-0.5, Math.min(0.5, chosen[index]));
          assert.ok(Math.abs(value - clamped) < 0.25);
        });
      }),
      { seed: 2 },
    );
  });
});
