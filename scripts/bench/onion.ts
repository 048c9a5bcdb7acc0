/**
 * Speed of the onion on the paper's MLP: a provider's whole round and a requester's, against the paper's 13 ms per
 * message and against this machine's AES-GCM and memory, in the same run. `npm run bench:onion`.
 * @module
 */
import { createCipheriv, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { cpus } from 'node:os';
import Table from 'cli-table3';
import { decodeFixedSum, encodeFixed, fixedPointFor } from '../../node/gradient/fixedPoint.ts';
import { selectLargest } from '../../node/gradient/select.ts';
import { type BlobFacts, blobBytes, commitment, createRoundKey, peel, wrap } from '../../node/onion/blob.ts';
import { maskGraph } from '../../node/onion/graph.ts';
import { addKeystream, maskSeed, maskSign } from '../../node/onion/keystream.ts';
import { openSum } from '../../node/onion/sum.ts';
import { createSeededRandom, secureBytes } from '../../node/random.ts';
import type { ExchangeContext, PartyId } from '../../node/types.ts';

/** Parameters of the paper's MLP. */
const PARAMETERS = 140_106;
/** The paper's time per message on a 2.7 GHz i7: 9 ms AES-256 and 4 ms RSA-2048, keystreams not counted. */
const PAPER_MS = 13;
const LEVELS = 15;
const REPEATS = 5;
const context: ExchangeContext = { chainId: 1n, contract: `0x${'00'.repeat(20)}`, round: 1 };

/** Median CPU milliseconds of one call, all threads. */
async function cpuMs(work: () => unknown, repeats = REPEATS): Promise<number> {
  await work();
  const times: number[] = [];
  for (let run = 0; run < repeats; run++) {
    const start = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / 1000);
  }
  return times.sort((a, b) => a - b)[Math.floor(repeats / 2)];
}

/** X25519 as the keystore does it. */
function agree(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const privateKey = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secretKey]),
    format: 'der',
    type: 'pkcs8',
  });
  const other = createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), publicKey]),
    format: 'der',
    type: 'spki',
  });
  return new Uint8Array(diffieHellman({ privateKey, publicKey: other }));
}

/** A consortium of n parties in which everybody orders from everybody. */
function createParties(n: number) {
  const everybody = Array.from({ length: n }, (_, id) => id);
  const maskKeys = everybody.map(createRoundKey);
  const roundKeys = everybody.map(createRoundKey);
  const beacon = secureBytes(32);
  const format = fixedPointFor(0.001, LEVELS, n - 1);
  const random = createSeededRandom(n);
  const gradient = Float32Array.from({ length: PARAMETERS }, () => (random.uniform() - 0.5) / 300);
  const factsOf = (provider: PartyId, requester: PartyId): BlobFacts => ({
    context,
    provider,
    requester,
    count: PARAMETERS >> 1,
    words: PARAMETERS,
    bits: format.bits,
  });
  const seedOf = (self: PartyId, other: PartyId, requester: PartyId) =>
    maskSeed(agree(maskKeys[self].secretKey, maskKeys[other].publicKey), context, requester, [self, other]);
  const graphOf = (requester: PartyId) => maskGraph(everybody, requester, context, beacon);
  /** All a provider does for one order. */
  const seal = async (provider: PartyId, requester: PartyId) => {
    const words = encodeFixed(selectLargest(gradient, PARAMETERS >> 1), format);
    for (const other of graphOf(requester)(provider)) {
      addKeystream(words, seedOf(provider, other, requester), maskSign(provider, other), format.bits);
    }
    const blob = await wrap(words, roundKeys[requester].publicKey, factsOf(provider, requester), secureBytes(32));
    return { blob, commitment: commitment(blob) };
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
  return { everybody, format, graphOf, open, seal };
}

const plain = new Uint8Array(PARAMETERS * 4);
const target = new Uint8Array(PARAMETERS * 4);
const batch = 20;
const gcm = await cpuMs(() => {
  for (let run = 0; run < batch; run++) {
    const cipher = createCipheriv('aes-256-gcm', new Uint8Array(32), new Uint8Array(12));
    cipher.update(plain);
    cipher.final();
  }
});
const memory = await cpuMs(() => {
  for (let run = 0; run < 100 * batch; run++) target.set(plain);
});
const rate = (milliseconds: number, times: number) => (plain.length * times) / milliseconds / 1e6;
console.log(`${cpus()[0].model}, Node ${process.versions.node}; CPU time, median of ${REPEATS}; ${LEVELS} levels`);
console.log(`0.56 MB: AES-256-GCM ${(gcm / batch).toFixed(3)} ms (${rate(gcm, batch).toFixed(1)} GB/s), memory copy`);
console.log(`${(memory / batch / 100).toFixed(3)} ms (${rate(memory, 100 * batch).toFixed(1)} GB/s)\n`);

const table = new Table({
  head: [
    'n',
    'bits',
    'blob bytes',
    'neighbours',
    'per message',
    'provider round',
    '× paper',
    '× AES-GCM',
    'requester',
    'held (computed)',
  ],
});
for (const n of [4, 15, 50]) {
  const { everybody, format, graphOf, open, seal } = createParties(n);
  const [self, ...others] = everybody;
  const round = await cpuMs(async () => {
    for (const requester of others) await seal(self, requester);
  }, 3);
  const blobs = new Map<PartyId, Uint8Array>();
  for (const provider of others) blobs.set(provider, (await seal(provider, self)).blob);
  const requester = await cpuMs(() => open(self, blobs), 3);
  const message = round / others.length;
  const bytes = blobBytes(PARAMETERS, format.bits);
  table.push([
    n,
    format.bits,
    bytes,
    graphOf(self)(others[0]).length,
    `${message.toFixed(2)} ms`,
    `${round.toFixed(0)} ms`,
    (message / PAPER_MS).toFixed(2),
    (message / (gcm / batch)).toFixed(0),
    `${requester.toFixed(0)} ms`,
    // What a node holds at most: its own blobs, those it got, and their words.
    `${((others.length * (2 * bytes + 4 * PARAMETERS)) / 1e6).toFixed(1)} MB`,
  ]);
}
console.log(table.toString());
