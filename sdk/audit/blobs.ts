/**
 * Holds blobs handed to the auditor against the commitments of the ledger.
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AuditError } from './errors.ts';

/** A blob in the folder. */
interface Blob {
  readonly file: string;
  /** SHA-256, 0x…. */
  readonly hash: string;
  /** `round-provider-requester` when the name says so. */
  readonly exchange: string | undefined;
  isMatched: boolean;
}

/** The blobs of a folder while their exchanges are replayed. */
export interface BlobCheck {
  /** Takes note of a recorded commitment. @returns what is wrong with the blob of that exchange, if anything. */
  meet(exchange: { round: number; provider: number; requester: number; commitment: string }): string | undefined;
  /** Sentences on the blobs no commitment matched. */
  unmatched(): string[];
  readonly count: number;
  matched(): number;
}

/** Names such as `12-3-0.blob`: round, provider, requester. Other names are matched by their hash alone. */
const NAME = /^(\d+)-(\d+)-(\d+)(\.[^.]*)?$/;

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `0x${hash.digest('hex')}`;
}

/**
 * Hashes all files of a folder.
 * @throws AuditError `FILE`.
 */
export async function readBlobs(folder: string): Promise<BlobCheck> {
  const blobs: Blob[] = [];
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const name = NAME.exec(entry.name);
      const exchange = name === null ? undefined : `${Number(name[1])}-${Number(name[2])}-${Number(name[3])}`;
      blobs.push({ file: entry.name, hash: await hashOf(join(folder, entry.name)), exchange, isMatched: false });
    }
  } catch (cause) {
    throw new AuditError('FILE', `The folder of blobs ${folder} cannot be read`, {
      fault: 'self',
      meta: { folder },
      cause,
    });
  }
  const byHash = Map.groupBy(blobs, ({ hash }) => hash);
  const byExchange = new Map(blobs.map((blob) => [blob.exchange, blob]));
  return {
    count: blobs.length,
    meet({ round, provider, requester, commitment }) {
      for (const blob of byHash.get(commitment) ?? []) blob.isMatched = true;
      const named = byExchange.get(`${round}-${provider}-${requester}`);
      if (named === undefined || named.hash === commitment) return undefined;
      named.isMatched = true;
      return `The blob ${named.file} hashes to ${named.hash}; party ${provider} committed to ${commitment}.`;
    },
    unmatched: () =>
      blobs
        .filter(({ isMatched }) => !isMatched)
        .map(({ file, hash }) => `The blob ${file} hashes to ${hash}, which nobody committed to.`),
    matched: () => blobs.filter(({ isMatched }) => isMatched).length,
  };
}
