/**
 * A group of parties that mask for one recipient, with made-up but repeatable secrets, for tests of layer 1.
 * @module
 */
import { createHash } from 'node:crypto';
import { wordMask } from '../../node/gradient/fixedPoint.ts';
import { maskGraph } from '../../node/onion/graph.ts';
import { addKeystream, maskSeed, maskSign } from '../../node/onion/keystream.ts';
import { openSum, type SumParts } from '../../node/onion/sum.ts';
import { createSeededRandom } from '../../node/random.ts';
import type { ExchangeContext, PartyId } from '../../node/types.ts';

/** SHA-256 of a label: bytes that are the same in every run. */
export function bytesOf(label: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(label).digest());
}

/** The context all tests share. */
export const testContext: ExchangeContext = { chainId: 2026n, contract: `0x${'c0'.repeat(20)}`, round: 3 };

/** One recipient, its providers, and what each of them knows. */
export interface TestGroup {
  readonly requester: PartyId;
  readonly providers: readonly PartyId[];
  neighboursOf(member: PartyId): PartyId[];
  /** The seed two members share. */
  seed(a: PartyId, b: PartyId): Uint8Array;
  /** `words` under all keystreams of a provider. */
  mask(provider: PartyId, words: Uint32Array): Uint32Array;
  /** Opens the sum of those delivered, with the seeds the others would give. */
  open(delivered: ReadonlyMap<PartyId, Uint32Array>, changes?: Partial<SumParts>): Uint32Array;
}

/** Creates a group: party 1 of n + 1 requests, all others provide. */
export function createGroup(size: number, bits: number, label = 'group', context = testContext): TestGroup {
  const requester = 1;
  const everybody = Array.from({ length: size + 1 }, (_, id) => id);
  const providers = everybody.filter((id) => id !== requester);
  const neighboursOf = maskGraph(everybody, requester, context, bytesOf(label));
  const seed = (a: PartyId, b: PartyId) =>
    maskSeed(bytesOf(`${label} ${Math.min(a, b)} ${Math.max(a, b)}`), context, requester, [a, b]);
  return {
    requester,
    providers,
    neighboursOf,
    seed,
    mask(provider, words) {
      const masked = words.slice();
      for (const other of neighboursOf(provider)) {
        addKeystream(masked, seed(provider, other), maskSign(provider, other), bits);
      }
      return masked;
    },
    open(delivered, changes = {}) {
      const missing = providers.filter((id) => !delivered.has(id));
      const recovered = missing.flatMap((gone) =>
        neighboursOf(gone)
          .filter((helper) => delivered.has(helper))
          .map((helper) => ({ helper, missing: gone, seed: seed(helper, gone) })),
      );
      const ownSeed = (provider: PartyId) => seed(requester, provider);
      return openSum({
        requester,
        providers,
        delivered,
        neighboursOf,
        ownSeed,
        recovered,
        minProviders: 2,
        bits,
        ...changes,
      });
    },
  };
}

/** Repeatable words below 2^bits. */
export function wordsOf(seed: number, count: number, bits: number): Uint32Array {
  const random = createSeededRandom(seed);
  return Uint32Array.from({ length: count }, () => Math.floor(random.uniform() * 2 ** bits));
}

/** Sum of words modulo 2^bits. */
export function sumOf(all: Iterable<Uint32Array>, count: number, bits: number): Uint32Array {
  const total = new Uint32Array(count);
  for (const words of all) for (let at = 0; at < count; at++) total[at] = (total[at] + words[at]) & wordMask(bits);
  return total;
}
