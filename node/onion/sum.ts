/**
 * AggrDec of Algorithm 3, made to survive dropouts: the exact sum of those who delivered, whoever they are.
 * @module
 */
import type { PartyId } from '../types.ts';
import { OnionError } from './errors.ts';
import { smallestPart } from './graph.ts';
import { addKeystream, maskSign } from './keystream.ts';

/** What a requester has when it opens a sum. */
export interface SumParts {
  readonly requester: PartyId;
  /** Everybody the requester ordered from. */
  readonly providers: readonly PartyId[];
  /** Masked words of those who delivered; uint32 [D] each. */
  readonly delivered: ReadonlyMap<PartyId, Uint32Array>;
  /** Who masks with whom, the requester included. */
  neighboursOf(member: PartyId): readonly PartyId[];
  /** The seed the requester itself shares with a provider; 32 bytes, zeroed after use. */
  ownSeed(provider: PartyId): Uint8Array;
  /** For every provider that did not deliver, the seeds its delivering neighbours share with it. */
  readonly recovered: readonly {
    readonly helper: PartyId;
    readonly missing: PartyId;
    readonly seed: Uint8Array;
  }[];
  readonly minProviders: number;
  /** Bits of a word. */
  readonly bits: number;
}

/**
 * Adds up what was delivered and takes off the keystreams that do not cancel: the requester's own (the paper's −k_i),
 * and those between a provider that delivered and one that did not.
 * @returns Σ of the unmasked words, uint32 [D], modulo 2^bits.
 * @throws OnionError `GROUP_TOO_SMALL` if fewer than `minProviders` delivered or a part of the sum would open with
 * fewer, `SEED_MISSING`.
 */
export function openSum(parts: SumParts): Uint32Array {
  const { requester, providers, delivered, recovered, minProviders, bits } = parts;
  const survivors = [...delivered.keys()];
  if (smallestPart(survivors, parts.neighboursOf) < Math.max(1, minProviders)) {
    throw new OnionError('GROUP_TOO_SMALL', `${survivors.length} deliveries are too few to hide each one.`, {
      fault: 'peer',
    });
  }
  const missing = providers.filter((provider) => !delivered.has(provider));
  const pairs = missing.flatMap((gone) =>
    parts
      .neighboursOf(gone)
      .filter((helper) => delivered.has(helper))
      .map((helper) => ({ helper, gone, seed: seedOf(recovered, helper, gone) })),
  );
  const total = new Uint32Array(delivered.get(survivors[0])?.length ?? 0);
  for (const words of delivered.values()) for (let at = 0; at < total.length; at++) total[at] += words[at];

  // The keystreams of a whole group add up to zero, so adding the requester's takes off the others'.
  for (const provider of survivors) {
    const seed = parts.ownSeed(provider);
    addKeystream(total, seed, maskSign(requester, provider), bits);
    seed.fill(0);
  }
  for (const { helper, gone, seed } of pairs) addKeystream(total, seed, maskSign(gone, helper), bits);
  return total;
}

function seedOf(recovered: SumParts['recovered'], helper: PartyId, missing: PartyId): Uint8Array {
  const found = recovered.find((given) => given.helper === helper && given.missing === missing);
  if (found !== undefined) return found.seed;
  throw new OnionError('SEED_MISSING', `Party ${helper} did not help to sum without party ${missing}.`, {
    fault: 'peer',
    meta: { helper, missing },
  });
}
