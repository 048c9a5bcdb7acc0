/**
 * Packing of words: there and back, one form only, nothing read that is not there.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { wordMask } from '../../node/gradient/fixedPoint.ts';
import { packedBytes, packWords, unpackWords } from '../../node/gradient/packing.ts';

const cases = fc.record({
  bits: fc.integer({ min: 1, max: 32 }),
  words: fc.uint32Array({ maxLength: 200 }),
});

describe('packing', () => {
  it('reads back what it wrote, in ⌈D·bits/8⌉ bytes', () => {
    fc.assert(
      fc.property(cases, ({ bits, words }) => {
        const reduced = words.map((word) => word & wordMask(bits));
        const bytes = packWords(reduced, bits);
        assert.equal(bytes.length, packedBytes(words.length, bits));
        assert.deepEqual(unpackWords(bytes, words.length, bits), reduced);
        // A view at an odd place reads the same.
        const shifted = new Uint8Array([1, ...bytes]).subarray(1);
        assert.deepEqual(unpackWords(shifted, words.length, bits), reduced);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('accepts exactly one form of any words: whatever it reads, it would write the same', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 32 }),
        fc.nat(100),
        fc.uint8Array({ maxLength: 60 }),
        (bits, count, bytes) => {
          let words: Uint32Array;
          try {
            words = unpackWords(bytes, count, bits);
          } catch (error) {
            assert.equal((error as { code?: string }).code, 'INVALID_FORMAT');
            return;
          }
          assert.deepEqual(packWords(words, bits), bytes);
        },
      ),
      { numRuns: 2000, seed: 2 },
    );
  });

  it('refuses lengths that do not match before it allocates', () => {
    assert.throws(() => unpackWords(new Uint8Array(8), 2 ** 31, 32), { code: 'INVALID_FORMAT' });
    assert.throws(() => unpackWords(new Uint8Array(8), 3, 16), { code: 'INVALID_FORMAT' });
    assert.throws(() => unpackWords(Uint8Array.of(0, 0b1000), 1, 11), { code: 'INVALID_FORMAT' });
  });
});
