/**
 * The store of a party that forgets all when its process ends, for simulations and tests. It keeps bytes, like the one
 * on disk, so that nothing saved can be changed from outside.
 * @module
 */
import type { Store } from '../algorithm/ports.ts';
import type { PartyId } from '../types.ts';
import { alreadySaved } from './errors.ts';
import {
  blobsDigest,
  decodeCheckpoint,
  decodePublication,
  decodeRoundKey,
  encodeCheckpoint,
  encodePublication,
  encodeRoundKey,
  sameBytes,
} from './records.ts';

/** How the store forgets. */
export interface MemoryStoreOptions {
  /** Blobs of this many last rounds are kept, ≥ 1; default 4. */
  readonly keepRounds?: number;
}

/** Creates an empty store. */
export function createMemoryStore({ keepRounds = 4 }: MemoryStoreOptions = {}): Store {
  let checkpoint: Uint8Array | undefined;
  let publication: Uint8Array | undefined;
  const roundKeys = new Map<number, Uint8Array>();
  const digests = new Map<number, Uint8Array>();
  const blobs = new Map<number, ReadonlyMap<PartyId, Uint8Array>>();

  return {
    checkpoint: async () => checkpoint && decodeCheckpoint(checkpoint),
    async saveCheckpoint(given) {
      checkpoint = encodeCheckpoint(given);
    },
    publication: async () => publication && decodePublication(publication),
    async savePublication(given) {
      const bytes = encodePublication(given);
      if (publication !== undefined && !sameBytes(publication, bytes)) throw alreadySaved('publication');
      publication = bytes;
    },
    async roundKey(round) {
      const bytes = roundKeys.get(round);
      return bytes && decodeRoundKey(bytes);
    },
    async saveRoundKey(round, pair) {
      const bytes = encodeRoundKey(pair);
      const before = roundKeys.get(round);
      if (before !== undefined && !sameBytes(before, bytes)) throw alreadySaved(`key of round ${round}`);
      roundKeys.set(round, bytes);
    },
    async dropRoundKeys(round) {
      for (const [saved, bytes] of roundKeys) {
        if (saved >= round) continue;
        bytes.fill(0);
        roundKeys.delete(saved);
      }
    },
    async blobs(round) {
      return copy(blobs.get(round));
    },
    async saveBlobs(round, given) {
      const digest = blobsDigest(given);
      const before = digests.get(round);
      if (before !== undefined) {
        if (!sameBytes(before, digest)) throw alreadySaved(`set of blobs of round ${round}`);
        return;
      }
      digests.set(round, digest);
      blobs.set(round, copy(given) ?? new Map());
      for (const saved of blobs.keys()) if (saved <= round - keepRounds) blobs.delete(saved);
    },
  };
}

function copy(blobs: ReadonlyMap<PartyId, Uint8Array> | undefined): Map<PartyId, Uint8Array> | undefined {
  return blobs && new Map([...blobs].map(([party, blob]) => [party, Uint8Array.from(blob)]));
}
