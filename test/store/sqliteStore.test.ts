/**
 * The store on disk keeps the port's promises across crashes, and says what is wrong with a file.
 * @module
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { createSqliteStore, type SqliteStore } from '../../node/store/sqliteStore.ts';
import { testStore } from '../compliance/store.ts';

const root = mkdtempSync(join(tmpdir(), 'dppdl-store-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => join(root, String(++folders));
const secret = new Uint8Array(32).fill(5);
const open = (folder: string) => createSqliteStore({ folder, secret, keepRounds: 2 });
const stateFile = (folder: string) => join(folder, 'state.sqlite');
const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

testStore('sqlite store', () => {
  const folder = newFolder();
  let store = open(folder);
  return {
    store,
    reopen() {
      store.close();
      store = open(folder);
      return store;
    },
    end: () => store.close(),
  };
});

/** Everything in the folder, as one string of bytes. */
function contents(folder: string): Buffer {
  return Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
}

async function fill(store: SqliteStore): Promise<void> {
  await store.saveRoundKey(1, { publicKey: bytes(32, 0x41), secretKey: bytes(32, 0x42) });
  await store.saveCheckpoint({
    round: 1,
    parameters: new Float32Array(64).fill(1.25),
    alone: new Float32Array(64).fill(2.5),
    credibility: [0, 1],
    silence: [0, 0],
  });
  await store.saveBlobs(1, new Map([[1, { blob: bytes(5000, 0x43), key: bytes(32, 9) }]]));
}

test('nothing that was saved lies on the disk in the clear', async () => {
  const folder = newFolder();
  const store = open(folder);
  await fill(store);
  const whileOpen = contents(folder);
  store.close();
  for (const disk of [whileOpen, contents(folder)]) {
    for (const value of [0x41, 0x42, 0x43]) assert.equal(disk.includes(Buffer.alloc(16, value)), false);
    assert.equal(disk.includes(Buffer.from(Float32Array.of(1.25, 1.25, 1.25, 1.25).buffer)), false);
  }
});

test('a dropped round key leaves no trace of its record', async () => {
  const folder = newFolder();
  const store = open(folder);
  await store.saveRoundKey(1, { publicKey: bytes(32, 1), secretKey: bytes(32, 2) });
  store.close();
  const reader = new DatabaseSync(stateFile(folder));
  const row = reader.prepare('SELECT value FROM round_key').get();
  reader.close();
  assert.ok(row?.value instanceof Uint8Array);
  assert.ok(contents(folder).includes(Buffer.from(row.value)));
  const again = open(folder);
  await again.dropRoundKeys(2);
  assert.equal(contents(folder).includes(Buffer.from(row.value)), false);
  again.close();
});

test('folder and file can be read by their owner alone', () => {
  const folder = newFolder();
  const store = open(folder);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  store.close();
});

test('a folder in use is refused, to the same process and to another', async () => {
  const folder = newFolder();
  const store = open(folder);
  assert.throws(() => open(folder), { code: 'LOCKED', fault: 'self' });
  const child = start('open', folder);
  assert.equal((await child.lines.next()).value, 'LOCKED');
  await child.exit;
  store.close();
  open(folder).close();
});

test('another secret, a foreign database, a torn or random file: each is named', async () => {
  const folder = newFolder();
  const store = open(folder);
  await fill(store);
  store.close();
  assert.throws(() => createSqliteStore({ folder, secret: bytes(32, 6) }), { code: 'WRONG_SECRET', fault: 'self' });
  open(folder).close();

  truncateSync(stateFile(folder), statSync(stateFile(folder)).size - 4096);
  assert.throws(() => open(folder), { code: 'CORRUPT', fault: 'self' });

  const holed = newFolder();
  const whole = open(holed);
  await fill(whole);
  await whole.saveBlobs(
    2,
    new Map([1, 2, 3].map((party) => [party, { blob: bytes(50_000, party), key: bytes(32, 9) }])),
  );
  whole.close();
  const image = readFileSync(stateFile(holed));
  writeFileSync(stateFile(holed), image.fill(0, 10 * 4096, 14 * 4096));
  assert.throws(() => open(holed), { code: 'CORRUPT', fault: 'self' });

  const random = newFolder();
  mkdirSync(random);
  writeFileSync(stateFile(random), bytes(5000, 77));
  assert.throws(() => open(random), { code: 'CORRUPT', fault: 'self' });

  const foreign = newFolder();
  mkdirSync(foreign);
  const other = new DatabaseSync(stateFile(foreign));
  other.exec('CREATE TABLE something (other)');
  other.close();
  assert.throws(() => open(foreign), { code: 'CORRUPT', fault: 'self' });

  const newer = newFolder();
  open(newer).close();
  const upgrade = new DatabaseSync(stateFile(newer));
  upgrade.exec('PRAGMA user_version = 3');
  upgrade.close();
  assert.throws(() => open(newer), { code: 'WRONG_VERSION', fault: 'self' });

  const file = newFolder();
  writeFileSync(file, 'a file where the folder should be');
  assert.throws(() => open(file), { code: 'FAILED', fault: 'self' });
});

test('a file of before blobs had keys is taken over, its blobs without them', async () => {
  const folder = newFolder();
  const store = open(folder);
  await store.saveBlobs(1, new Map([[2, { blob: bytes(50, 1), key: bytes(32, 9) }]]));
  store.close();
  const older = new DatabaseSync(stateFile(folder));
  older.exec('DROP TABLE blob_key; PRAGMA user_version = 1');
  older.close();
  const again = open(folder);
  assert.deepEqual(await again.blobs(1), new Map([[2, { blob: bytes(50, 1), key: undefined }]]));
  await again.saveBlobs(2, new Map([[2, { blob: bytes(50, 1), key: bytes(32, 9) }]]));
  assert.deepEqual((await again.blobs(2))?.get(2)?.key, bytes(32, 9));
  again.close();
});

test('a flipped bit in a value, or a value moved elsewhere, is noticed', async () => {
  const folder = newFolder();
  const store = open(folder);
  await fill(store);
  await store.saveBlobs(2, new Map([[1, { blob: bytes(5000, 0x44), key: bytes(32, 9) }]]));
  store.close();
  const database = new DatabaseSync(stateFile(folder));
  const value = database.prepare('SELECT value FROM blob WHERE round = 1').get()?.value;
  assert.ok(value instanceof Uint8Array);
  database.prepare('UPDATE blob SET value = ? WHERE round = 2').run(value);
  value[100] ^= 1;
  database.prepare('UPDATE blob SET value = ? WHERE round = 1').run(value);
  database.close();
  const again = open(folder);
  await assert.rejects(again.blobs(1), { code: 'CORRUPT' });
  await assert.rejects(again.blobs(2), { code: 'CORRUPT' });
  again.close();
});

test('what was saved is there after SIGKILL, and the folder is free', async () => {
  const folder = newFolder();
  const child = start('save', folder);
  assert.equal((await child.lines.next()).value, 'saved');
  await kill(child);
  const store = open(folder);
  assert.deepEqual(await store.blobs(7), new Map([[2, { blob: bytes(200_000, 9), key: bytes(32, 9) }]]));
  assert.deepEqual(await store.roundKey(7), { publicKey: bytes(32, 1), secretKey: bytes(32, 2) });
  assert.equal((await store.checkpoint())?.round, 7);
  await assert.rejects(store.saveBlobs(7, new Map([[2, { blob: bytes(200_000, 10), key: bytes(32, 9) }]])), {
    code: 'ALREADY_SAVED',
  });
  store.close();
});

test('killed at any moment, a round is saved whole or not at all, in order', async () => {
  const folder = newFolder();
  for (let run = 0; run < 4; run++) {
    const child = start('loop', folder);
    for (let line = 0; line < 3 + run; line++) await child.lines.next();
    await kill(child);
    const store = createSqliteStore({ folder, secret, keepRounds: 1_000 });
    const last = (await store.checkpoint())?.round ?? 0;
    for (let round = 1; round <= last; round++) assert.equal((await store.blobs(round))?.size, 5);
    const next = await store.blobs(last + 1);
    assert.ok(next === undefined || next.size === 5);
    assert.equal(await store.blobs(last + 2), undefined);
    store.close();
  }
});

/** Starts the program beside this file on a data folder. */
function start(mode: 'open' | 'save' | 'loop', folder: string) {
  const program = join(import.meta.dirname, 'storeProcess.ts');
  const process_ = spawn(process.execPath, [program, mode, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  return {
    process: process_,
    lines: createInterface(process_.stdout)[Symbol.asyncIterator](),
    exit: once(process_, 'exit'),
  };
}

async function kill(child: ReturnType<typeof start>): Promise<void> {
  child.process.kill('SIGKILL');
  await child.exit;
}

test('a data folder stays with its ledger', () => {
  const folder = newFolder();
  const ledger = { chainId: 1337, contract: `0x${'aB'.repeat(20)}` };
  createSqliteStore({ folder, secret, ledger }).close();
  createSqliteStore({ folder, secret, ledger: { ...ledger, contract: ledger.contract.toLowerCase() } }).close();
  for (const other of [
    { ...ledger, chainId: 1338 },
    { ...ledger, contract: `0x${'cd'.repeat(20)}` },
  ]) {
    assert.throws(() => createSqliteStore({ folder, secret, ledger: other }), { code: 'WRONG_LEDGER' });
  }
  // The refusals closed the file again, and tools that need no ledger do not name one.
  createSqliteStore({ folder, secret }).close();
});
