/**
 * Opens the state file: one process at a time, every commit on the disk before it returns, and one clear error for
 * whatever may be wrong with it.
 * @module
 */
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError, type StoreErrorCode } from './errors.ts';

/** Marks the file as ours ("DPDL") and its layout. */
const applicationId = 0x4450444c;
const layoutVersion = 2;

const layout = `
  CREATE TABLE record (name TEXT PRIMARY KEY, value BLOB NOT NULL);
  CREATE TABLE round_key (round INTEGER PRIMARY KEY, value BLOB NOT NULL);
  CREATE TABLE blob_set (round INTEGER PRIMARY KEY, digest BLOB NOT NULL, kept INTEGER NOT NULL);
  CREATE TABLE blob (id INTEGER PRIMARY KEY, round INTEGER NOT NULL, party INTEGER NOT NULL, value BLOB NOT NULL);
  CREATE UNIQUE INDEX blob_place ON blob (round, party);
  CREATE TABLE blob_key (round INTEGER NOT NULL, party INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY KEY (round, party));
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${layoutVersion};
`;

/** Files of before blobs were kept with their keys: what was closed then can be delivered, but no claim answered. */
const fromVersion1 = `
  BEGIN IMMEDIATE;
  CREATE TABLE blob_key (round INTEGER NOT NULL, party INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY KEY (round, party));
  PRAGMA user_version = 2;
  COMMIT;
`;

/** The state file of a data folder. */
export interface Database {
  /** Runs SQL in one transaction, on disk when it returns. */
  transact(work: (database: DatabaseSync) => void): void;
  /** Reads. */
  read<Value>(work: (database: DatabaseSync) => Value): Value;
  /** Empties the write-ahead log, so that nothing deleted lingers in it. */
  truncateLog(): void;
  /** True while nothing was ever saved. */
  isEmpty(): boolean;
  close(): void;
}

/**
 * Opens `<folder>/state.sqlite`, making folder and file if need be, readable by their owner alone.
 * @throws StoreError `LOCKED`, `CORRUPT`, `WRONG_VERSION`, `FAILED`
 */
export function openDatabase(folder: string): Database {
  const path = join(folder, 'state.sqlite');
  return guard(path, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Only ever a new file: closing any descriptor of an open one would drop this process's lock on it (POSIX).
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      return prepare(database, path);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function prepare(database: DatabaseSync, path: string): Database {
  // The lock is taken by the first access below and kept until the file is closed, by a crash too.
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec('PRAGMA secure_delete = ON');
  database.exec('BEGIN EXCLUSIVE');
  const tables = pragma(database, 'SELECT count(*) FROM sqlite_schema');
  if (tables === 0 && pragma(database, 'PRAGMA application_id') === 0) database.exec(layout);
  database.exec('COMMIT');
  if (pragma(database, 'PRAGMA application_id') !== applicationId) {
    throw new StoreError('CORRUPT', `${path} was not written by this program.`, {
      fault: 'self',
      action: 'Give the node a data folder of its own.',
      meta: { path },
    });
  }
  if (pragma(database, 'PRAGMA user_version') === 1) database.exec(fromVersion1);
  const version = pragma(database, 'PRAGMA user_version');
  if (version !== layoutVersion) {
    throw new StoreError(
      'WRONG_VERSION',
      `${path} has layout ${String(version)}, this program writes ${layoutVersion}.`,
      {
        fault: 'self',
        action: 'Run the version of the program that wrote it.',
        meta: { path },
      },
    );
  }
  if (pragma(database, 'PRAGMA quick_check(1)') !== 'ok') throw damaged(path);

  return {
    isEmpty: () => pragma(database, 'SELECT (SELECT count(*) FROM record) + (SELECT count(*) FROM blob_set)') === 0,
    read: (work) => guard(path, () => work(database)),
    transact(work) {
      guard(path, () => {
        database.exec('BEGIN IMMEDIATE');
        try {
          work(database);
          database.exec('COMMIT');
        } catch (error) {
          if (database.isTransaction) database.exec('ROLLBACK');
          throw error;
        }
      });
    },
    truncateLog() {
      guard(path, () => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    },
    close() {
      if (database.isOpen) database.close();
    },
  };
}

/** The one value a pragma or query answers. */
function pragma(database: DatabaseSync, sql: string): unknown {
  return Object.values(database.prepare(sql).get() ?? {})[0];
}

/** Turns SQLite's and the file system's errors into ours. */
function guard<Value>(path: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (error instanceof StoreError || !(error instanceof Error)) throw error;
    const code = codeOf(error);
    if (code === 'CORRUPT') throw damaged(path, error);
    if (code === 'LOCKED') {
      throw new StoreError('LOCKED', `Another process uses ${path}.`, {
        fault: 'self',
        action: 'Stop the other node, or give this one a data folder of its own.',
        meta: { path },
        cause: error,
      });
    }
    if (code === undefined) throw error;
    throw new StoreError('FAILED', `${path} cannot be read or written: ${error.message}.`, {
      fault: 'self',
      action: 'Check the free space of the disk and the permissions of the data folder.',
      meta: { path },
      cause: error,
    });
  }
}

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html) and the file system's, as ours. */
function codeOf(error: Error): StoreErrorCode | undefined {
  if ('errcode' in error && typeof error.errcode === 'number') {
    const primary = error.errcode & 0xff;
    if (primary === 5 || primary === 6) return 'LOCKED';
    return primary === 11 || primary === 26 ? 'CORRUPT' : 'FAILED';
  }
  return 'code' in error ? 'FAILED' : undefined;
}

function damaged(path: string, cause?: unknown): StoreError {
  return new StoreError('CORRUPT', `${path} is damaged or is no state file.`, {
    fault: 'self',
    action: 'Check the disk; join anew with a new data folder if the file cannot be saved.',
    meta: { path },
    cause,
  });
}
