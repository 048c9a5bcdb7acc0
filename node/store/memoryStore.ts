/**
 * The store of a party that forgets all when its process ends, for simulations and tests. It keeps bytes, like the one
 * on disk, so that nothing saved can be changed from outside.
 * @module
 */
import type { ClosedBlob, KeptBlob, Store } from '../algorithm/ports.ts';
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
  const blobs = new Map<number, Map<PartyId, KeptBlob>>();

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
      const kept = blobs.get(round);
      return kept && copy(kept);
    },
    async blob(round, requester) {
      const kept = blobs.get(round)?.get(requester);
      return kept && copyOf(kept);
    },
    async saveBlobs(round, given) {
      const digest = blobsDigest(given);
      const before = digests.get(round);
      if (before !== undefined) {
        if (!sameBytes(before, digest)) throw alreadySaved(`set of blobs of round ${round}`);
        return;
      }
      digests.set(round, digest);
      blobs.set(round, copy(given));
      for (const [saved, kept] of blobs) {
        const isDisputed = [...kept.values()].some(({ key }) => key !== undefined);
        if (saved <= round - keepRounds && !isDisputed) blobs.delete(saved);
      }
    },
    async dropBlobKeys(round, except) {
      for (const [saved, kept] of blobs) {
        if (saved >= round || except.has(saved)) continue;
        for (const [party, { blob, key }] of kept) {
          key?.fill(0);
          kept.set(party, { blob, key: undefined });
        }
      }
    },
  };
}

function copyOf({ blob, key }: KeptBlob | ClosedBlob): KeptBlob {
  return { blob: blob.slice(), key: key?.slice() };
}

function copy<Kept extends KeptBlob | ClosedBlob>(blobs: ReadonlyMap<PartyId, Kept>): Map<PartyId, KeptBlob> {
  return new Map([...blobs].map(([party, kept]) => [party, copyOf(kept)]));
}
