/**
 * Sums survive any dropouts exactly, and nobody can open less than a sum.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { wordMask } from '../../node/gradient/fixedPoint.ts';
import { smallestPart } from '../../node/onion/graph.ts';
import { addKeystream, maskSign } from '../../node/onion/keystream.ts';
import { createGroup, sumOf, type TestGroup, wordsOf } from './group.ts';
import { chiSquare, looksUniform } from './uniform.ts';

const COUNT = 11;

describe('openSum', () => {
  it('is exact for any group, any width and any set of dropouts, or refuses', () => {
    const cases = fc.record({
      size: fc.oneof(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 30, max: 60 })),
      bits: fc.integer({ min: 1, max: 32 }),
      // Which providers deliver: bit p of a large number.
      present: fc.bigInt({ min: 0n, max: (1n << 60n) - 1n }),
      label: fc.string({ maxLength: 4 }),
    });
    fc.assert(
      fc.property(cases, ({ size, bits, present, label }) => {
        const group = createGroup(size, bits, label);
        const clear = new Map<number, Uint32Array>();
        const delivered = new Map<number, Uint32Array>();
        group.providers.forEach((provider, place) => {
          if (((present >> BigInt(place)) & 1n) === 0n) return;
          clear.set(provider, wordsOf(provider, COUNT, bits));
          delivered.set(provider, group.mask(provider, clear.get(provider) ?? new Uint32Array()));
        });
        if (smallestPart([...delivered.keys()], group.neighboursOf) < 2) {
          assert.throws(() => group.open(delivered), { code: 'GROUP_TOO_SMALL' });
        } else {
          assert.deepEqual(group.open(delivered), sumOf(clear.values(), COUNT, bits));
        }
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it('is exact for every subset of five', () => {
    const group = createGroup(5, 9);
    for (let subset = 0; subset < 32; subset++) {
      const present = group.providers.filter((_, place) => (subset >> place) & 1);
      const delivered = new Map(present.map((id) => [id, group.mask(id, wordsOf(id, COUNT, 9))]));
      if (present.length < 2) assert.throws(() => group.open(delivered), { code: 'GROUP_TOO_SMALL' });
      else
        assert.deepEqual(
          group.open(delivered),
          sumOf(
            present.map((id) => wordsOf(id, COUNT, 9)),
            COUNT,
            9,
          ),
        );
    }
  });

  it('refuses under minProviders and without a seed', () => {
    const group = createGroup(4, 8);
    const delivered = new Map(group.providers.slice(0, 3).map((id) => [id, group.mask(id, wordsOf(id, COUNT, 8))]));
    assert.throws(() => group.open(delivered, { minProviders: 4 }), { code: 'GROUP_TOO_SMALL' });
    assert.throws(() => group.open(new Map(), { minProviders: 0 }), { code: 'GROUP_TOO_SMALL' });
    assert.throws(() => group.open(delivered, { recovered: [] }), { code: 'SEED_MISSING' });
  });
});

/** What is left of a provider's words when all keystreams that `knowing` share with it are taken off. */
function strip(group: TestGroup, provider: number, masked: Uint32Array, knowing: readonly number[], bits: number) {
  const left = masked.slice();
  for (const other of group.neighboursOf(provider)) {
    if (!knowing.includes(other)) continue;
    addKeystream(left, group.seed(provider, other), maskSign(other, provider), bits);
  }
  return left;
}

describe('a recipient that colludes', () => {
  const bits = 6;
  const count = 40_000;
  const group = createGroup(5, bits, 'collusion');
  // Honest words as far from random as can be.
  const clear = (provider: number) => new Uint32Array(count).fill(provider);
  const coalition = (honest: readonly number[]) => [
    group.requester,
    ...group.providers.filter((id) => !honest.includes(id)),
  ];

  it('with all providers but two learns the sum of the two, and no more of either', () => {
    const [a, b] = group.providers.slice(2, 4);
    const left = [a, b].map((id) => strip(group, id, group.mask(id, clear(id)), coalition([a, b]), bits));
    assert.deepEqual(sumOf(left, count, bits), sumOf([clear(a), clear(b)], count, bits));
    for (const words of left) assert.ok(looksUniform(words, bits));
    // Whatever words of one it guesses, there is a keystream under which the view is the same.
    const guess = wordsOf(99, count, bits);
    const keystream = left[0].map((word, at) => (word - guess[at]) & wordMask(bits));
    const other = left[1].map((word, at) => (word + keystream[at]) & wordMask(bits));
    assert.deepEqual(sumOf([guess, other], count, bits), sumOf([clear(a), clear(b)], count, bits));
  });

  it('with all but one learns that one: no sum of one can hide it', () => {
    const [only] = group.providers;
    assert.deepEqual(strip(group, only, group.mask(only, clear(only)), coalition([only]), bits), clear(only));
  });

  it('needs to be in the coalition: all other providers together learn nothing of a revealed blob', () => {
    for (const size of [5, 40]) {
      const large = createGroup(size, bits, 'claims');
      const [victim, ...rest] = large.providers;
      assert.ok(looksUniform(strip(large, victim, large.mask(victim, clear(victim)), rest, bits), bits));
    }
  });

  it('is seen by a test that can fail', () => {
    assert.ok(!looksUniform(clear(3), bits));
    assert.ok(chiSquare(clear(3), 2 ** bits) > 1e5);
  });
});
