/**
 * Keystreams: they cancel, never repeat between purposes, and leave a single message uniformly random.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeFixed, fixedPointFor } from '../../node/gradient/fixedPoint.ts';
import { contextBytes } from '../../node/onion/context.ts';
import { addKeystream, maskSeed, maskSign } from '../../node/onion/keystream.ts';
import { keystreamOf } from '../reference/onion.ts';
import { bytesOf, createGroup, sumOf, testContext, wordsOf } from './group.ts';
import { looksAlike, looksUniform } from './uniform.ts';

describe('keystream', () => {
  it('is the reference keystream, whatever its length and width', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), fc.nat(50), fc.string(), (bits, count, label) => {
        const words = new Uint32Array(count);
        addKeystream(words, bytesOf(label), 1, bits);
        assert.deepEqual([...words].map(BigInt), keystreamOf(bytesOf(label), count, bits));
      }),
      { seed: 1 },
    );
    // Across the borders of the pieces it is made in.
    for (const bits of [7, 13, 32]) {
      const words = new Uint32Array(40_000);
      addKeystream(words, bytesOf('long'), 1, bits);
      assert.deepEqual([...words].map(BigInt), keystreamOf(bytesOf('long'), 40_000, bits));
    }
  });

  it('is taken off by its negative', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), fc.nat(), (bits, pick) => {
        const words = wordsOf(pick, 33, bits);
        const masked = words.slice();
        addKeystream(masked, bytesOf('x'), 1, bits);
        addKeystream(masked, bytesOf('x'), -1, bits);
        assert.deepEqual(masked, words);
      }),
      { seed: 2 },
    );
  });

  it('cancels over the whole group, the recipient included (Algorithm 3: Σ k_i = 0)', () => {
    for (const size of [2, 5, 32, 33, 70]) {
      const group = createGroup(size, 12);
      const zero = new Uint32Array(20);
      const all = [group.requester, ...group.providers].map((id) => group.mask(id, zero));
      assert.deepEqual(sumOf(all, 20, 12), zero);
    }
  });

  it('has another seed for any other chain, contract, round, recipient or pair, and the same for both ends', () => {
    const shared = bytesOf('shared');
    const seed = (context = testContext, recipient = 1, pair: readonly [number, number] = [2, 3]) =>
      Buffer.from(maskSeed(shared, context, recipient, pair)).toString('hex');
    assert.equal(seed(testContext, 1, [3, 2]), seed());
    const others = [
      seed({ ...testContext, chainId: 2027n }),
      seed({ ...testContext, contract: `0x${'c1'.repeat(20)}` }),
      seed({ ...testContext, round: 4 }),
      seed(testContext, 4),
      seed(testContext, 1, [2, 4]),
      seed(testContext, 2, [1, 3]),
    ];
    assert.equal(new Set([seed(), ...others]).size, 7);
    assert.equal(maskSign(2, 3) + maskSign(3, 2), 0);
    // 256 would be party 0's byte.
    for (const id of [256, -1]) assert.throws(() => maskSeed(shared, testContext, id, [2, 3]), RangeError);
  });

  it('refuses contexts that no ledger has', () => {
    for (const contract of ['', '0x', `0x${'c0'.repeat(19)}`, `0x${'g0'.repeat(20)}`, 'c0'.repeat(21)]) {
      assert.throws(() => contextBytes({ ...testContext, contract }), RangeError);
    }
    for (const chainId of [-1n, 1n << 256n]) assert.throws(() => contextBytes({ ...testContext, chainId }), RangeError);
    for (const round of [-1, 2 ** 32, 0.5]) assert.throws(() => contextBytes({ ...testContext, round }), RangeError);
  });
});

describe('a single masked message', () => {
  it('is uniform, and the same for gradients that could not differ more', () => {
    for (const [providers, levels] of [
      [3, 1],
      [3, 15],
      [14, 4],
      [40, 15],
    ]) {
      const format = fixedPointFor(0.001, levels, providers);
      const group = createGroup(providers, format.bits, `uniform ${providers} ${levels}`);
      const [a, b] = group.providers;
      const zeros = group.mask(a, encodeFixed(new Float32Array(50_000), format, 1));
      const ones = group.mask(b, encodeFixed(new Float32Array(50_000).fill(1), format, 1));
      assert.ok(looksUniform(zeros, format.bits) && looksUniform(ones, format.bits));
      assert.ok(looksAlike(zeros, ones, format.bits));
    }
  });

  it('is told apart when it is not masked', () => {
    const format = fixedPointFor(0.001, 15, 3);
    const halves = Float32Array.from({ length: 1000 }, (_, at) => (at % 3 ? 0.0005 : 0));
    const words = encodeFixed(halves, format, 1);
    assert.ok(!looksUniform(words, format.bits) && !looksAlike(words, wordsOf(1, 1000, format.bits), format.bits));
  });
});
