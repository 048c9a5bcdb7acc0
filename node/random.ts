/**
 * The only source of randomness. Keys, nonces and privacy noise come from the operating system; shuffles and initial
 * parameters come from a seeded generator, so that a run can be repeated.
 * @module
 */
import { randomFillSync } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Cryptographically secure random bytes. */
export function secureBytes(length: number): Uint8Array {
  return randomFillSync(new Uint8Array(length));
}

/** The 32-bit finaliser of MurmurHash3: spreads an integer over all 32 bits, one to one; uint32. */
export function scramble(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A repeatable stream of numbers for shuffles and initialisation; never for secrets or privacy noise. */
export interface SeededRandom {
  /** A float64 uniform in [0, 1). */
  uniform(): number;
  /** An integer uniform in [0, bound). */
  below(bound: number): number;
  /** The numbers 0 … length−1 in random order; uint32 [length]. */
  permutation(length: number): Uint32Array;
}

/** A stream whose seed is drawn from secret bytes. */
export function createSecretRandom(randomBytes: (length: number) => Uint8Array): SeededRandom {
  return createSeededRandom(new DataView(randomBytes(4).slice().buffer).getInt32(0));
}

/** Creates the stream of `seed`, any 32-bit integer. */
export function createSeededRandom(seed: number): SeededRandom {
  const generator = xoroshiro128plus(seed);
  const below = (bound: number) => uniformInt(generator, 0, bound - 1);
  return {
    uniform: () => uniformFloat64(generator),
    below,
    permutation(length) {
      const order = Uint32Array.from({ length }, (_, index) => index);
      for (let last = length - 1; last > 0; last--) {
        const other = below(last + 1);
        [order[last], order[other]] = [order[other], order[last]];
      }
      return order;
    },
  };
}
