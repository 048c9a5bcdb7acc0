/**
 * The store of a node: one SQLite file in its data folder, every value encrypted.
 *
 * Blobs lie in a table and not in files of their own, because all of a round and the note that it was saved must become
 * durable at once: with 49 blobs of 140 kB one transaction took 9 ms, a synchronised file for each 5 ms where
 * synchronising was almost free, and 50 synchronisations instead of one elsewhere. Encrypting them takes 28 ms more.
 * @module
 */
import type { KeptBlob, Store } from '../algorithm/ports.ts';
import type { PartyId } from '../types.ts';
import { openDatabase } from './database.ts';
import { alreadySaved, StoreError } from './errors.ts';
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
import { createSealer } from './seal.ts';

/** Which ledger a state belongs to. */
export interface LedgerPlace {
  readonly chainId: number;
  /** 0x and 40 hexadecimal digits, in any case. */
  readonly contract: string;
}

/** Where and under which secret a node keeps its state. */
export interface SqliteStoreOptions {
  /** The data folder; made if it is missing. One node each. */
  readonly folder: string;
  /** The node's secret, from which the key of the file is derived; 32 bytes. */
  readonly secret: Uint8Array;
  /** The ledger this state is of; another one's is refused. Not asked when left out. */
  readonly ledger?: LedgerPlace;
  /** Blobs of this many last rounds are kept, ≥ 1; default 4. That a round was saved is never forgotten. */
  readonly keepRounds?: number;
}

/** A store with a file behind it. */
export interface SqliteStore extends Store {
  /** Gives the data folder free for another process. */
  close(): void;
}

/**
 * Opens the store of a data folder.
 * @throws StoreError `LOCKED`, `CORRUPT`, `WRONG_SECRET`, `WRONG_LEDGER`, `WRONG_VERSION`, `FAILED`
 */
export function createSqliteStore({ folder, secret, ledger, keepRounds = 4 }: SqliteStoreOptions): SqliteStore {
  const sealer = createSealer(secret);
  const database = openDatabase(folder);

  function readRecord(name: string): Uint8Array | undefined {
    const row = database.read((db) => db.prepare('SELECT value FROM record WHERE name = ?').get(name));
    return row && sealer.open(name, bytesOf(row.value, name));
  }
  function writeRecord(name: string, value: Uint8Array): void {
    const sealed = sealer.seal(name, value);
    database.transact((db) =>
      db.prepare('INSERT OR REPLACE INTO record (name, value) VALUES (?, ?)').run(name, sealed),
    );
  }
  /** The saved blobs of a round, or the one for `party`; undefined if the round was not saved, or is kept no more. */
  function readBlobs(round: number, party?: PartyId): Map<PartyId, KeptBlob> | undefined {
    const select = `SELECT party, blob.value AS blob, blob_key.value AS key FROM blob LEFT JOIN blob_key USING (round, party)
      WHERE round = ?`;
    const rows = database.read((db) => {
      if (db.prepare('SELECT 1 FROM blob_set WHERE round = ? AND kept = 1').get(round) === undefined) return undefined;
      return party === undefined
        ? db.prepare(`${select} ORDER BY party`).all(round)
        : db.prepare(`${select} AND party = ?`).all(round, party);
    });
    const open = (name: string, value: unknown) => sealer.open(name, bytesOf(value, name));
    const keptIn = (row: Record<string, unknown>): [PartyId, KeptBlob] => {
      const id = Number(row['party']);
      const key = row['key'] === null ? undefined : open(blobKeyName(round, id), row['key']);
      return [id, { blob: open(blobName(round, id), row['blob']), key }];
    };
    return rows && new Map(rows.map(keptIn));
  }
  function readRoundKey(round: number): Uint8Array | undefined {
    const row = database.read((db) => db.prepare('SELECT value FROM round_key WHERE round = ?').get(round));
    const name = keyName(round);
    return row && sealer.open(name, bytesOf(row.value, name));
  }

  try {
    proveSecret(database.isEmpty(), readRecord, writeRecord);
    if (ledger !== undefined) proveLedger(ledger, folder, readRecord, writeRecord);
  } catch (error) {
    database.close();
    throw error;
  }

  return {
    close: () => database.close(),
    async checkpoint() {
      const bytes = readRecord('checkpoint');
      return bytes && decodeCheckpoint(bytes);
    },
    async saveCheckpoint(checkpoint) {
      writeRecord('checkpoint', encodeCheckpoint(checkpoint));
    },
    async publication() {
      const bytes = readRecord('publication');
      return bytes && decodePublication(bytes);
    },
    async savePublication(publication) {
      const bytes = encodePublication(publication);
      const before = readRecord('publication');
      if (before === undefined) writeRecord('publication', bytes);
      else if (!sameBytes(before, bytes)) throw alreadySaved('publication');
    },
    async roundKey(round) {
      const bytes = readRoundKey(round);
      const pair = bytes && decodeRoundKey(bytes);
      bytes?.fill(0);
      return pair;
    },
    async saveRoundKey(round, pair) {
      const bytes = encodeRoundKey(pair);
      const before = readRoundKey(round);
      if (before !== undefined) {
        const isSame = sameBytes(before, bytes);
        before.fill(0);
        bytes.fill(0);
        if (!isSame) throw alreadySaved(keyName(round));
        return;
      }
      const sealed = sealer.seal(keyName(round), bytes);
      bytes.fill(0);
      database.transact((db) => db.prepare('INSERT INTO round_key (round, value) VALUES (?, ?)').run(round, sealed));
    },
    async dropRoundKeys(round) {
      database.transact((db) => db.prepare('DELETE FROM round_key WHERE round < ?').run(round));
      database.truncateLog();
    },
    blobs: async (round) => readBlobs(round),
    blob: async (round, requester) => readBlobs(round, requester)?.get(requester),
    async saveBlobs(round, blobs) {
      const digest = blobsDigest(blobs);
      database.transact((db) => {
        const before = db.prepare('SELECT digest FROM blob_set WHERE round = ?').get(round);
        if (before !== undefined) {
          if (sameBytes(bytesOf(before.digest, 'digest'), digest)) return;
          throw alreadySaved(`set of blobs of round ${round}`);
        }
        db.prepare('INSERT INTO blob_set (round, digest, kept) VALUES (?, ?, 1)').run(round, digest);
        const insert = db.prepare('INSERT INTO blob (round, party, value) VALUES (?, ?, ?)');
        const insertKey = db.prepare('INSERT INTO blob_key (round, party, value) VALUES (?, ?, ?)');
        for (const [party, { blob, key }] of blobs) {
          insert.run(round, party, sealer.seal(blobName(round, party), blob));
          insertKey.run(round, party, sealer.seal(blobKeyName(round, party), key));
        }
        const old = 'round <= ? AND round NOT IN (SELECT round FROM blob_key)';
        db.prepare(`DELETE FROM blob WHERE ${old}`).run(round - keepRounds);
        db.prepare(`UPDATE blob_set SET kept = 0 WHERE kept = 1 AND ${old}`).run(round - keepRounds);
      });
    },
    async dropBlobKeys(round, except) {
      database.transact((db) => {
        const forget = db.prepare('DELETE FROM blob_key WHERE round = ?');
        for (const row of db.prepare('SELECT DISTINCT round FROM blob_key WHERE round < ?').all(round)) {
          if (!except.has(Number(row.round))) forget.run(row.round);
        }
      });
      database.truncateLog();
    },
  };
}

/** Writes a record only the right secret opens, or opens it. @throws StoreError `WRONG_SECRET` */
function proveSecret(
  isEmpty: boolean,
  readRecord: (name: string) => Uint8Array | undefined,
  writeRecord: (name: string, value: Uint8Array) => void,
): void {
  try {
    if (readRecord('proof') !== undefined) return;
  } catch (cause) {
    throw new StoreError('WRONG_SECRET', 'The data folder belongs to another node key.', {
      fault: 'self',
      action: 'Use the keystore this data folder was made with, or a new data folder.',
      cause,
    });
  }
  if (!isEmpty) throw new StoreError('CORRUPT', 'The state file lacks its proof of secret.', { fault: 'self' });
  writeRecord('proof', new Uint8Array(0));
}

/** Notes the ledger in a new state, or compares it with the one noted. @throws StoreError `WRONG_LEDGER` */
function proveLedger(
  { chainId, contract }: LedgerPlace,
  folder: string,
  readRecord: (name: string) => Uint8Array | undefined,
  writeRecord: (name: string, value: Uint8Array) => void,
): void {
  const given = `${contract.toLowerCase()} on chain ${chainId}`;
  const noted = readRecord('ledger');
  if (noted === undefined) writeRecord('ledger', Buffer.from(given));
  const known = noted === undefined ? given : Buffer.from(noted).toString();
  if (known === given) return;
  throw new StoreError('WRONG_LEDGER', `${folder} holds the state of the ledger ${known}, not of ${given}.`, {
    fault: 'self',
    action: 'Give this ledger a dataFolder of its own, or correct ledger.contract and ledger.chainId.',
    meta: { folder, known, given },
  });
}

const keyName = (round: number) => `key of round ${round}`;
const blobKeyName = (round: number, party: PartyId) => `key of the blob of round ${round} for party ${party}`;
const blobName = (round: number, party: PartyId) => `blob of round ${round} for party ${party}`;

function bytesOf(value: unknown, name: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new StoreError('CORRUPT', `The saved ${name} is damaged.`, { fault: 'self', meta: { name } });
}
