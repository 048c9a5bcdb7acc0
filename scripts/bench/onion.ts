/**
 * `npm run bench:onion`: speed and memory of the onion on the paper's MLP. A provider's whole round and a requester's,
 * against the paper's 13 ms per message and against what this machine's AES-GCM and memory give in the same run. Each
 * number of parties has a process of its own, so that memory is measured and not added up.
 * @module
 */
import { execFileSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { Command } from 'commander';
import type { ClosedBlob } from '../../node/algorithm/ports.ts';
import { decodeFixedSum, fixedPointFor } from '../../node/gradient/fixedPoint.ts';
import { shareGradient, wordsOf } from '../../node/gradient/shared.ts';
import { createNodeKeys } from '../../node/nodeKeys.ts';
import { type BlobFacts, blobBytes, commitment, createRoundKey, peel, wrap } from '../../node/onion/blob.ts';
import { maskGraph } from '../../node/onion/graph.ts';
import { addKeystream, maskSeed, maskSign } from '../../node/onion/keystream.ts';
import { openSum } from '../../node/onion/sum.ts';
import { createSeededRandom, secureBytes } from '../../node/random.ts';
import { createSqliteStore } from '../../node/store/sqliteStore.ts';
import type { ExchangeContext, PartyId } from '../../node/types.ts';
import { demoConsortium } from '../demo/prepare.ts';

/** Parameters of the paper's MLP. */
const PARAMETERS = 140_106;
/** The paper's time per message on a 2.7 GHz i7: 9 ms AES-256 and 4 ms RSA-2048, keystreams not counted. */
const PAPER_MS = 13;
/** The paper's message: one float32 for each parameter. */
const PAPER_BYTES = 4 * PARAMETERS;
const context: ExchangeContext = { chainId: 1n, contract: `0x${'00'.repeat(20)}`, round: 1 };

/** What one number of parties costs a node: CPU milliseconds of all threads, bytes. */
interface Measured {
  readonly parties: number;
  readonly bits: number;
  readonly blobBytes: number;
  readonly neighbours: number;
  /** A provider's round: every requester's message selected, masked, closed and hashed. */
  readonly providerMs: number;
  /** All its messages saved, and each read again to be served. */
  readonly diskMs: number;
  /** A requester's round: every blob checked and opened, the sum unmasked. */
  readonly requesterMs: number;
  /** What all this, done several times, adds to the process at most, garbage and compiled code included. */
  readonly memoryBytes: number;
}

/** CPU milliseconds of one piece of work, all threads. */
async function cpuMs(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** The mean of several measurements: the garbage collector comes in some of them only, and is paid all the same. */
async function mean(repeats: number, measure: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let run = 0; run < repeats; run++) total += await measure();
  return total / repeats;
}

/** A consortium of n parties in which everybody orders from everybody. */
function createParties(n: number, levels: number) {
  const everybody = Array.from({ length: n }, (_, id) => id);
  const keys = everybody.map(() => createNodeKeys(secureBytes(32)));
  const roundKeys = everybody.map(createRoundKey);
  const beacon = secureBytes(32);
  const format = fixedPointFor(0.001, levels, n - 1);
  const random = createSeededRandom(n);
  const values = Float32Array.from({ length: PARAMETERS }, () => (random.uniform() - 0.5) / 300);
  /** A gradient that was not ranked and rounded yet. */
  const freshGradient = () => values.slice();
  const sharing = { round: 1, cap: PARAMETERS >> 1, clamp: format.clamp, levels };
  const factsOf = (provider: PartyId, requester: PartyId): BlobFacts => ({
    context,
    provider,
    requester,
    count: PARAMETERS >> 1,
    words: PARAMETERS,
    bits: format.bits,
  });
  const seedOf = (self: PartyId, other: PartyId, requester: PartyId) =>
    maskSeed(keys[self].agree(keys[other].maskKey), context, requester, [self, other]);
  const graphOf = (requester: PartyId) => maskGraph(everybody, requester, context, beacon);
  /** All a provider does for one order; what it does once for all of them, with the first. */
  const seal = async (provider: PartyId, requester: PartyId, gradient: Float32Array): Promise<ClosedBlob> => {
    const words = wordsOf(shareGradient(gradient, { ...sharing, provider }), sharing.cap, format.bits);
    for (const other of graphOf(requester)(provider)) {
      addKeystream(words, seedOf(provider, other, requester), maskSign(provider, other), format.bits);
    }
    const key = secureBytes(32);
    const blob = await wrap(words, roundKeys[requester].publicKey, factsOf(provider, requester), key);
    commitment(blob);
    return { blob, key };
  };
  /** All a requester does with what it got. */
  const open = async (requester: PartyId, blobs: ReadonlyMap<PartyId, Uint8Array>) => {
    const delivered = new Map<PartyId, Uint32Array>();
    for (const [provider, blob] of blobs) {
      commitment(blob);
      delivered.set(provider, await peel(blob, roundKeys[requester], factsOf(provider, requester)));
    }
    const total = openSum({
      requester,
      providers: [...blobs.keys()],
      delivered,
      neighboursOf: graphOf(requester),
      ownSeed: (provider) => seedOf(requester, provider, requester),
      recovered: [],
      minProviders: 2,
      bits: format.bits,
    });
    return decodeFixedSum(total, format);
  };
  return { everybody, format, freshGradient, graphOf, open, seal };
}

/** Measures one number of parties in this process. */
async function measure(parties: number, levels: number): Promise<Measured> {
  const { everybody, format, freshGradient, graphOf, open, seal } = createParties(parties, levels);
  const [self, ...others] = everybody;
  const sealAll = async () => {
    const closed = new Map<PartyId, ClosedBlob>();
    const gradient = freshGradient();
    for (const requester of others) closed.set(requester, await seal(self, requester, gradient));
    return closed;
  };
  const before = process.memoryUsage().rss;
  const received = new Map<PartyId, Uint8Array>();
  for (const provider of others) received.set(provider, (await seal(provider, self, freshGradient())).blob);
  // A node compiles its code in its first round; what is measured is every later one.
  for (let done = 0; done < 30; done += others.length) {
    await sealAll();
    await open(self, received);
  }
  const repeats = Math.max(5, Math.ceil(75 / others.length));
  const providerMs = await mean(repeats, () => cpuMs(sealAll));
  const requesterMs = await mean(repeats, () => cpuMs(() => open(self, received)));
  const closed = await sealAll();
  const folder = mkdtempSync(join(tmpdir(), 'dppdl-bench-onion-'));
  const store = createSqliteStore({ folder, secret: secureBytes(32) });
  let round = 0;
  const diskMs = await mean(3, () =>
    cpuMs(async () => {
      round++;
      await store.saveBlobs(round, closed);
      for (const requester of closed.keys()) commitment((await store.blob(round, requester))?.blob ?? new Uint8Array());
    }),
  );
  store.close();
  rmSync(folder, { recursive: true });
  const { bits } = format;
  const neighbours = graphOf(self)(others[0]).length;
  return {
    parties,
    bits,
    blobBytes: blobBytes(PARAMETERS, bits),
    neighbours,
    providerMs,
    diskMs,
    requesterMs,
    memoryBytes: process.resourceUsage().maxRSS * 1024 - before,
  };
}

/** Milliseconds that this machine takes to encrypt 0.56 MB with AES-256-GCM, and to copy it through its memory. */
async function limits(): Promise<{ gcmMs: number; copyMs: number }> {
  const piece = new Uint8Array(65_536);
  const batch = 50;
  const encrypt = () => {
    for (let run = 0; run < batch; run++) {
      const cipher = createCipheriv('aes-256-gcm', new Uint8Array(32), new Uint8Array(12));
      for (let left = PAPER_BYTES; left > 0; left -= piece.length) cipher.update(piece.subarray(0, left));
      cipher.final();
    }
  };
  // Far more than a processor's caches hold.
  const [from, to] = [new Uint8Array(2 ** 28).fill(1), new Uint8Array(2 ** 28)];
  to.set(from);
  encrypt();
  const gcm = await mean(5, () => cpuMs(encrypt));
  const copy = await mean(5, () => cpuMs(() => to.set(from)));
  return { gcmMs: gcm / batch, copyMs: (copy * PAPER_BYTES) / to.length };
}

const given = new Command('npm run bench:onion --')
  .description('Speed and memory of the onion on the paper’s MLP of 140,106 parameters.')
  .option('--parties <list>', 'numbers of parties', (text) => text.split(',').map(Number), [4, 15, 50])
  .option('--levels <n>', 'steps between 0 and the clamp; the product’s default unless told', Number)
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExamples:\n  npm run bench:onion\n  npm run bench:onion -- --parties 15 --levels 4 --json')
  .parse()
  .opts<{ parties: number[]; levels?: number; json?: true }>();
const levels = given.levels ?? demoConsortium({ rounds: 60 }).aggregation.levels;

if (process.env['DPPDL_BENCH_ONION'] === 'one') {
  console.log(JSON.stringify(await measure(given.parties[0], levels)));
} else {
  const rows = given.parties.map((parties): Measured => {
    const own = [import.meta.filename, '--parties', String(parties), '--levels', String(levels)];
    const env = { ...process.env, DPPDL_BENCH_ONION: 'one' };
    return JSON.parse(
      execFileSync(process.execPath, own, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
    );
  });
  // Afterwards: a process counts what its parent held when it was started as its own.
  const { gcmMs, copyMs } = await limits();
  if (given.json) console.log(JSON.stringify({ levels, gcmMs, copyMs, paperMs: PAPER_MS, rows }));
  else print(gcmMs, copyMs, rows);
}

function print(gcmMs: number, copyMs: number, rows: readonly Measured[]): void {
  const rate = (milliseconds: number) => `${(PAPER_BYTES / milliseconds / 1e6).toFixed(1)} GB/s`;
  const machine = `${cpus()[0].model}, Node ${process.versions.node}`;
  console.log(`${machine}; mean CPU time of all threads; ${levels} levels; everybody orders from everybody.`);
  console.log(`The paper's message, 0.56 MB: AES-256-GCM ${gcmMs.toFixed(3)} ms (${rate(gcmMs)}),`);
  console.log(`copied from memory to memory ${copyMs.toFixed(3)} ms (${rate(copyMs)}).`);
  const table = new Table({
    head: [
      'parties',
      'bits',
      'blob bytes',
      '× paper',
      'neighbours',
      'wrap a message',
      '× paper',
      '× AES-GCM',
      '× copy',
      'peel one',
      'provider',
      '+ disk',
      'requester',
      'memory',
    ],
    style: { head: [], border: [] },
  });
  for (const { parties, bits, blobBytes: bytes, neighbours, providerMs, diskMs, requesterMs, memoryBytes } of rows) {
    const message = providerMs / (parties - 1);
    table.push([
      parties,
      bits,
      bytes,
      (bytes / PAPER_BYTES).toFixed(3),
      neighbours,
      `${message.toFixed(2)} ms`,
      (message / PAPER_MS).toFixed(2),
      (message / gcmMs).toFixed(0),
      (message / copyMs).toFixed(0),
      `${(requesterMs / (parties - 1)).toFixed(2)} ms`,
      `${providerMs.toFixed(0)} ms`,
      `${diskMs.toFixed(0)} ms`,
      `${requesterMs.toFixed(0)} ms`,
      `${(memoryBytes / 1e6).toFixed(0)} MB`,
    ]);
  }
  console.log(table.toString());
}
