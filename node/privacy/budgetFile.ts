/**
 * The privacy budget's journal as one SQLite file per machine, apart from any node's data folder: releases are found by
 * the records they were computed from, so that neither a new folder nor a copy of the data starts a new budget.
 * @module
 */
import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Journal } from './budget.ts';
import { PrivacyError } from './errors.ts';
import { hashRecords, type InputScale } from './recordHash.ts';

/** Marks the file as ours ("DPBG"). */
const APPLICATION_ID = 0x44504247;
/** Waiting for another node that writes to the same file. */
const PATIENCE_MS = 20_000;

const LAYOUT = `
  CREATE TABLE IF NOT EXISTS secret (key BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS release (id INTEGER PRIMARY KEY AUTOINCREMENT, data_set INTEGER NOT NULL, line TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS data_set (id INTEGER PRIMARY KEY, fingerprint BLOB NOT NULL UNIQUE);
  CREATE TABLE IF NOT EXISTS record (hash INTEGER NOT NULL, data_set INTEGER NOT NULL, PRIMARY KEY (hash, data_set))
    WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
`;
/** Releases this process has not seen, of every data set that shares at least one record with its own. */
const NEWS = `
  SELECT id, line FROM release WHERE id > ? AND data_set IN
    (SELECT DISTINCT data_set FROM record JOIN temp.own ON record.hash = temp.own.hash) ORDER BY id
`;

/** The data whose budget is kept. */
export interface BudgetedData {
  /** Normalised inputs, float32 [records × F]. */
  readonly inputs: Float32Array;
  readonly records: number;
  readonly scale: InputScale;
}

/** A journal in a file. */
export interface BudgetFile extends Journal {
  close(): void;
}

/**
 * Opens `<folder>/budget.sqlite`, made if need be, readable by its owner alone: who can read it can test guesses of
 * records. Several nodes may use it at once.
 * @throws PrivacyError `CORRUPT_LEDGER`, `UNAVAILABLE`.
 */
export function openBudgetFile(folder: string, { inputs, records, scale }: BudgetedData): BudgetFile {
  const path = join(folder, 'budget.sqlite');
  return guard(path, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
    const database = new DatabaseSync(path, { timeout: PATIENCE_MS });
    try {
      database.exec('PRAGMA synchronous = EXTRA');
      const key = readKey(database, path);
      const hashes = hashRecords(inputs, records, scale, key).sort();
      fillOwn(database, hashes);
      return journalOf(database, path, createHash('sha256').update(hashes).digest());
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** The key of the file's hashes; the file is laid out if it is new. */
function readKey(database: DatabaseSync, path: string): Uint8Array {
  return transact(database, () => {
    const id = Object.values(database.prepare('PRAGMA application_id').get() ?? {})[0];
    const tables = database.prepare('SELECT name FROM sqlite_schema').all();
    if (id !== APPLICATION_ID && tables.length > 0) throw damaged(path);
    database.exec(LAYOUT);
    const kept = database.prepare('SELECT key FROM secret').get()?.['key'];
    if (kept instanceof Uint8Array) return kept;
    const key = randomFillSync(new Uint8Array(32));
    database.prepare('INSERT INTO secret (key) VALUES (?)').run(key);
    return key;
  });
}

/** Puts this process's records into a table of its own, which vanishes with the connection. */
function fillOwn(database: DatabaseSync, hashes: BigInt64Array): void {
  database.exec('CREATE TEMP TABLE own (hash INTEGER PRIMARY KEY)');
  const insert = database.prepare('INSERT OR IGNORE INTO temp.own (hash) VALUES (?)');
  database.exec('BEGIN');
  for (const hash of hashes) insert.run(hash);
  database.exec('COMMIT');
}

function journalOf(database: DatabaseSync, path: string, fingerprint: Uint8Array): BudgetFile {
  const select = database.prepare(NEWS);
  const find = database.prepare('SELECT id FROM data_set WHERE fingerprint = ?');
  const insert = database.prepare('INSERT INTO release (data_set, line) VALUES (?, ?)');
  let seen = 0;
  /** The number of these data; at their first release their records are kept. */
  const dataSet = (): number => {
    const kept = find.get(fingerprint)?.['id'];
    if (kept !== undefined) return Number(kept);
    const added = database.prepare('INSERT INTO data_set (fingerprint) VALUES (?)').run(fingerprint);
    const id = Number(added.lastInsertRowid);
    database.prepare('INSERT INTO record (hash, data_set) SELECT hash, ? FROM temp.own').run(id);
    return id;
  };
  return {
    news: () =>
      guard(path, () =>
        select.all(seen).map(({ id, line }) => {
          seen = Number(id);
          return String(line);
        }),
      ),
    append(line) {
      seen = guard(path, () => transact(database, () => Number(insert.run(dataSet(), line()).lastInsertRowid)));
    },
    close() {
      if (database.isOpen) database.close();
    },
  };
}

/** Runs `work` while no other process can write; all of it is on disk when it returns, or nothing. */
function transact<Value>(database: DatabaseSync, work: () => Value): Value {
  database.exec('BEGIN IMMEDIATE');
  try {
    const value = work();
    database.exec('COMMIT');
    return value;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Turns SQLite's and the file system's errors into ours. */
function guard<Value>(path: string, work: () => Value): Value {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof PrivacyError || !(cause instanceof Error) || !('code' in cause)) throw cause;
    const primary = 'errcode' in cause && typeof cause.errcode === 'number' ? cause.errcode & 0xff : undefined;
    if (primary === 11 || primary === 26) throw damaged(path, cause); // SQLITE_CORRUPT, SQLITE_NOTADB
    throw new PrivacyError('UNAVAILABLE', `${path} cannot be read or written: ${cause.message}.`, {
      fault: 'self',
      action: 'Check the disk and the folder’s permissions, or set privacy.folder to one this node may write.',
      meta: { path },
      cause,
    });
  }
}

function damaged(path: string, cause?: unknown): PrivacyError {
  return new PrivacyError('CORRUPT_LEDGER', `${path} is damaged or is no privacy budget.`, {
    fault: 'self',
    action: 'Restore it from a backup; a node that has forgotten its releases cannot state its ε.',
    meta: { path },
    cause,
  });
}
