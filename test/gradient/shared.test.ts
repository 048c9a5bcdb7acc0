/**
 * What a party shares of its gradient.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeFixedSum, encodeFixed, fixedPointFor, roundingSeed } from '../../node/gradient/fixedPoint.ts';
import { selectLargest } from '../../node/gradient/select.ts';
import { sharedGradient } from '../../node/gradient/shared.ts';

const sharing = { round: 3, provider: 1, cap: 3, clamp: 0.5, levels: 2 };

describe('sharedGradient', () => {
  it('keeps the largest entries only, clamped', () => {
    const shared = sharedGradient(Float32Array.of(0.5, -9, 0.1, 0.5, 0.2), sharing);
    assert.deepEqual(shared, Float32Array.of(0.5, -0.5, 0, 0.5, 0));
  });

  it('gives a multiple of a level next to each entry it keeps', () => {
    const value = fc.float({ min: Math.fround(-0.5), max: Math.fround(0.5), noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), fc.nat(50), (values, cap) => {
        const gradient = Float32Array.from(values);
        const chosen = selectLargest(gradient, Math.min(cap, values.length));
        const shared = sharedGradient(gradient, { ...sharing, cap: Math.min(cap, values.length) });
        chosen.forEach((entry, index) => {
          const steps = shared[index] / (0.5 / 2);
          assert.equal(steps, Math.round(steps));
          assert.ok(Math.abs(shared[index] - entry) < 0.25);
        });
      }),
    );
  });

  it('is what the sum of a requester that orders all of it holds', () => {
    const gradient = Float32Array.from({ length: 40 }, (_, index) => Math.sin(index) / 3);
    const format = fixedPointFor(0.5, 2, 14);
    const encoded = encodeFixed(selectLargest(gradient, 30), format, roundingSeed(3, 1));
    assert.deepEqual(sharedGradient(gradient, { ...sharing, cap: 30 }), decodeFixedSum(encoded, format));
  });
});
