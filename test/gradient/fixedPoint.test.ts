/**
 * Fixed point: sums are exact and never wrap, whatever the inputs and the size of the group.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decodeFixedSum,
  encodeFixed,
  fixedPointFor,
  isPlausibleSum,
  wordMask,
} from '../../node/gradient/fixedPoint.ts';

const formats = fc.record({
  clamp: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
  levels: fc.integer({ min: 1, max: 65_535 }),
  providers: fc.integer({ min: 1, max: 255 }),
});

/** The step a value is nearest to, after clamping. */
function stepOf(value: number, clamp: number, levels: number): number {
  const size = Math.min(levels, Math.floor(Math.abs(value) * (levels / clamp) + 0.5));
  return value < 0 ? -size : size;
}

describe('fixed point', () => {
  it('takes the fewest bits that hold every sum', () => {
    fc.assert(
      fc.property(formats, ({ clamp, levels, providers }) => {
        const { bits } = fixedPointFor(clamp, levels, providers);
        const needed = 2 * levels * providers + 1;
        assert.ok(2 ** bits >= needed && 2 ** (bits - 1) < needed);
      }),
      { seed: 1 },
    );
    assert.equal(fixedPointFor(1, 1, 1).bits, 2);
    assert.equal(fixedPointFor(1, 1, 14).bits, 5);
    assert.equal(fixedPointFor(1, 4, 14).bits, 7);
    assert.equal(fixedPointFor(1, 65_535, 255).bits, 25);
    assert.equal(fixedPointFor(1, 2 ** 31 - 1, 1).bits, 32);
  });

  it('adds up exactly, also where every provider gives the extreme', () => {
    const value = fc.oneof(fc.constantFrom(1e30, -1e30, 0), fc.float({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(formats, fc.array(value, { minLength: 1, maxLength: 8 }), fc.boolean(), (facts, values, same) => {
        const { clamp, levels, providers } = facts;
        const format = fixedPointFor(clamp, levels, providers);
        const total = new Uint32Array(values.length);
        const exact = new Array<number>(values.length).fill(0);
        for (let provider = 0; provider < providers; provider++) {
          const given = Float32Array.from(values, (entry, index) => (same || (provider + index) % 3 ? entry : -entry));
          const words = encodeFixed(given, format);
          given.forEach((entry, index) => {
            total[index] = (total[index] + words[index]) & wordMask(format.bits);
            exact[index] += stepOf(entry, clamp, levels);
          });
        }
        assert.deepEqual(
          decodeFixedSum(total, format),
          Float32Array.from(exact, (steps) => steps * (clamp / levels)),
        );
        assert.ok(isPlausibleSum(total, format, providers, values.length));
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('rounds to the nearest step, halves away from zero', () => {
    const format = fixedPointFor(1, 2, 1);
    const words = encodeFixed(Float32Array.of(0.24, 0.25, -0.25, 0.75, 5, -5, -0), format);
    assert.deepEqual(
      [...words].map((word) => (word << 29) >> 29),
      [0, 1, -1, 2, 2, -2, 0],
    );
  });

  it('refuses what is no number, and formats that do not exist', () => {
    const format = fixedPointFor(1, 7, 3);
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      assert.throws(() => encodeFixed(Float32Array.of(value), format), { code: 'NOT_FINITE' });
    }
    const wrong: [number, number, number][] = [
      [0, 1, 1],
      [-1, 1, 1],
      [Number.NaN, 1, 1],
      [Infinity, 1, 1],
      [1e-320, 1, 1],
      [5e-324, 65_535, 1],
      [1, 0, 1],
      [1, 1.5, 1],
      [1, 1, 0],
      [1, 2 ** 31, 1],
    ];
    for (const [clamp, levels, providers] of wrong) {
      assert.throws(() => fixedPointFor(clamp, levels, providers), { code: 'INVALID_FORMAT' });
    }
  });

  it('tells a sum from noise', () => {
    const format = fixedPointFor(1, 1, 3); // sums −3 … 3 in 8 words
    assert.ok(isPlausibleSum(Uint32Array.of(0, 3, 5), format, 3, 2));
    assert.ok(!isPlausibleSum(Uint32Array.of(0, 3, 5), format, 3, 1), 'more entries than were ordered');
    assert.ok(!isPlausibleSum(Uint32Array.of(4), format, 3, 1), 'beyond every sum of three');
    assert.ok(!isPlausibleSum(Uint32Array.of(3), format, 2, 1), 'beyond every sum of two');
  });
});
