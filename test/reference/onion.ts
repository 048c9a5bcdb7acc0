/**
 * The onion a second time, on the noble libraries alone and in the simplest words, to hold the product against. Shares
 * no code with it. Run as a program it writes the known answers: `node test/reference/onion.ts`.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ctr, gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { expand, extract, hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

const EMPTY = new Uint8Array(0);

/** `value` in `length` bytes, big-endian. */
function bigEndian(value: number | bigint, length: number): Uint8Array {
  return hexToBytes(value.toString(16).padStart(2 * length, '0'));
}

/** Chain id, contract and round: 32 + 20 + 4 bytes. */
function contextOf(vector: { chainId: string; contract: string; round: number }): Uint8Array {
  return concatBytes(
    bigEndian(BigInt(vector.chainId), 32),
    hexToBytes(vector.contract.slice(2)),
    bigEndian(vector.round, 4),
  );
}

/** One sum's context in a vector. */
export interface VectorContext {
  readonly chainId: string;
  readonly contract: string;
  readonly round: number;
}

/** Layer 1: the seed of a pair. */
export function seedOf(
  shared: Uint8Array,
  context: VectorContext,
  recipient: number,
  a: number,
  b: number,
): Uint8Array {
  const ends = Uint8Array.of(recipient, Math.min(a, b), Math.max(a, b));
  return hkdf(sha256, shared, undefined, concatBytes(utf8ToBytes('dppdl/1/mask'), contextOf(context), ends), 32);
}

/** Layer 1: the words of a seed, each modulo 2^bits. */
export function keystreamOf(seed: Uint8Array, count: number, bits: number): bigint[] {
  const width = bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
  const stream = ctr(seed, new Uint8Array(16)).encrypt(new Uint8Array(count * width));
  return Array.from({ length: count }, (_, word) => {
    let value = 0n;
    for (let byte = 0; byte < width; byte++) value += BigInt(stream[word * width + byte]) << BigInt(8 * byte);
    return value % (1n << BigInt(bits));
  });
}

/** Words as one large number, written lowest byte first. */
export function packedOf(words: readonly bigint[], bits: number): Uint8Array {
  let number = 0n;
  for (const [index, word] of words.entries()) number += word << BigInt(index * bits);
  const bytes = new Uint8Array(Math.ceil((words.length * bits) / 8));
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number((number >> BigInt(8 * at)) & 0xffn);
  return bytes;
}

/** The finaliser of MurmurHash3, modulo 2^32. */
function scrambled(value: bigint): bigint {
  let hash = BigInt.asUintN(32, value);
  hash = BigInt.asUintN(32, (hash ^ (hash >> 16n)) * 0x85ebca6bn);
  hash = BigInt.asUintN(32, (hash ^ (hash >> 13n)) * 0xc2b2ae35n);
  return hash ^ (hash >> 16n);
}

/** Whose gradient in which round: decides how its entries are rounded. */
export interface Rounding {
  readonly round: number;
  readonly provider: number;
}

/** The step that entry `index` of a provider's gradient becomes. */
export function stepOf(
  value: number,
  index: number,
  { clamp, levels }: { clamp: number; levels: number },
  { round, provider }: Rounding,
): number {
  const seed = scrambled(256n * BigInt(round) + BigInt(provider));
  const chance = Number(scrambled(seed + BigInt(index) * 0x9e3779b9n) >> 8n) / 2 ** 24;
  const size = Math.min(levels, Math.floor(Math.abs(value) * (levels / clamp) + chance));
  return value < 0 ? -size : size;
}

/** Fixed point: the `count` entries of largest absolute value as words, the rest 0, in as few bits as hold any sum. */
export function fixedPointOf(
  gradient: readonly number[],
  count: number,
  format: { clamp: number; levels: number; providers: number },
  rounding: Rounding,
): { bits: number; words: bigint[] } {
  const { levels, providers } = format;
  let bits = 1;
  while (2 ** bits < 2 * levels * providers + 1) bits++;
  const kept = [...gradient.keys()]
    .sort((a, b) => Math.abs(gradient[b]) - Math.abs(gradient[a]) || a - b)
    .slice(0, count);
  const words = gradient.map((value, entry) => {
    if (!kept.includes(entry)) return 0n;
    return modulo(BigInt(stepOf(value, entry, format, rounding)), bits);
  });
  return { bits, words };
}

/** The remainder modulo 2^bits, never negative. */
function modulo(value: bigint, bits: number): bigint {
  const modulus = 1n << BigInt(bits);
  return ((value % modulus) + modulus) % modulus;
}

/** `words` under the keystreams that a member shares with its neighbours: added if its own id is the lower one. */
export function maskedOf(
  words: readonly bigint[],
  bits: number,
  self: number,
  neighbours: readonly number[],
  seedWith: (other: number) => Uint8Array,
): bigint[] {
  const streams = neighbours.map((other) =>
    keystreamOf(seedWith(other), words.length, bits).map((word) => (self < other ? word : -word)),
  );
  return words.map((word, at) =>
    modulo(
      streams.reduce((sum, stream) => sum + stream[at], word),
      bits,
    ),
  );
}

/** The beacon of a round: hash of the keys in its DOWNLOADs. */
export function beaconOf(keys: readonly { readonly party: number; readonly key: Uint8Array }[]): Uint8Array {
  const sorted = [...keys].sort((a, b) => a.party - b.party);
  return sha256(
    concatBytes(utf8ToBytes('dppdl/1/beacon'), ...sorted.flatMap(({ party, key }) => [Uint8Array.of(party), key])),
  );
}

/** RFC 9180 §4: LabeledExtract and LabeledExpand of one suite id. */
function labelled(suite: Uint8Array) {
  const version = utf8ToBytes('HPKE-v1');
  return {
    extract: (salt: Uint8Array, label: string, input: Uint8Array) =>
      extract(sha256, concatBytes(version, suite, utf8ToBytes(label), input), salt),
    expand: (secret: Uint8Array, label: string, info: Uint8Array, length: number) =>
      expand(sha256, secret, concatBytes(bigEndian(length, 2), version, suite, utf8ToBytes(label), info), length),
  };
}
/** DHKEM(X25519, HKDF-SHA256) is 0x0020; HKDF-SHA256 0x0001; ChaCha20Poly1305 0x0003. */
const kem = labelled(concatBytes(utf8ToBytes('KEM'), bigEndian(0x0020, 2)));
const schedule = labelled(concatBytes(utf8ToBytes('HPKE'), bigEndian(0x0020, 2), bigEndian(1, 2), bigEndian(3, 2)));

/** RFC 9180 §7.1.3: an X25519 secret from input keying material. */
export function hpkeSecretOf(input: Uint8Array): Uint8Array {
  return kem.expand(kem.extract(EMPTY, 'dkp_prk', input), 'sk', EMPTY, 32);
}

/** RFC 9180 §5.1.1 and §5.2: seals one message in base mode with a given ephemeral secret. */
export function hpkeSeal(
  ephemeral: Uint8Array,
  recipientKey: Uint8Array,
  info: Uint8Array,
  associated: Uint8Array,
  message: Uint8Array,
): { enc: Uint8Array; closed: Uint8Array } {
  const enc = x25519.getPublicKey(ephemeral);
  const agreed = kem.extract(EMPTY, 'eae_prk', x25519.getSharedSecret(ephemeral, recipientKey));
  const shared = kem.expand(agreed, 'shared_secret', concatBytes(enc, recipientKey), 32);
  const context = concatBytes(
    Uint8Array.of(0),
    schedule.extract(EMPTY, 'psk_id_hash', EMPTY),
    schedule.extract(EMPTY, 'info_hash', info),
  );
  const secret = schedule.extract(shared, 'secret', EMPTY);
  const key = schedule.expand(secret, 'key', context, 32);
  const nonce = schedule.expand(secret, 'base_nonce', context, 12);
  return { enc, closed: chacha20poly1305(key, nonce, associated).encrypt(message) };
}

/** What a blob vector fixes. */
export interface BlobVector extends VectorContext {
  readonly provider: number;
  readonly requester: number;
  readonly count: number;
  readonly bits: number;
  readonly words: readonly number[];
  readonly key: string;
  readonly requesterKey: string;
}

/** Layers 2 and 3: the whole blob. */
export function blobOf(vector: BlobVector): Uint8Array {
  const header = concatBytes(
    utf8ToBytes('DPPD'),
    Uint8Array.of(1, vector.bits, vector.provider, vector.requester),
    bigEndian(vector.round, 4),
    bigEndian(vector.count, 4),
    bigEndian(vector.words.length, 4),
  );
  const associated = concatBytes(header, contextOf(vector));
  const key = hexToBytes(vector.key);
  const layer2 = hkdf(sha256, key, undefined, utf8ToBytes('dppdl/1/layer2'), 32);
  const ephemeral = hpkeSecretOf(hkdf(sha256, key, undefined, utf8ToBytes('dppdl/1/layer3'), 32));
  const { enc, closed } = hpkeSeal(ephemeral, hexToBytes(vector.requesterKey), EMPTY, associated, key);
  const packed = packedOf(vector.words.map(BigInt), vector.bits);
  return concatBytes(header, enc, closed, gcm(layer2, new Uint8Array(12), associated).encrypt(packed));
}

/** The rings of a large group, without the recipient: ring by ring the providers in order. */
export function ringsOf(
  providers: readonly number[],
  recipient: number,
  context: VectorContext,
  beacon: Uint8Array,
): number[][] {
  const prefix = concatBytes(utf8ToBytes('dppdl/1/rings'), contextOf(context), Uint8Array.of(recipient), beacon);
  const lot = (provider: number, ring: number) => {
    const digest = sha256(concatBytes(prefix, Uint8Array.of(provider)));
    return Number.parseInt(bytesToHex(digest.slice(4 * ring, 4 * ring + 4)), 16);
  };
  const rings: number[][] = [];
  for (let ring = 0; 2 ** ring < providers.length; ring++) {
    rings.push([...providers].sort((a, b) => lot(a, ring) - lot(b, ring) || a - b));
  }
  return rings;
}

/** The neighbours of a provider in the rings, and the recipient. */
export function neighboursIn(rings: readonly (readonly number[])[], recipient: number, provider: number): number[] {
  const near = new Set([recipient]);
  for (const ring of rings) {
    const place = ring.indexOf(provider);
    near.add(ring[(place + 1) % ring.length]).add(ring[(place + ring.length - 1) % ring.length]);
  }
  return [...near].sort((a, b) => a - b);
}

/** A sum in which one provider of a complete group fails to deliver, from gradients to the sum of the others. */
function sumOf(context: VectorContext) {
  const requester = 2;
  const clamp = 0.5;
  const levels = 3;
  const gradients = [
    { provider: 1, count: 3, gradient: [0.25, -0.5, 0.0625, 0.125, -0.25, 0] },
    { provider: 3, count: 6, gradient: [-0.125, -0.75, 0.5, 0, 0.375, -0.0625] },
    { provider: 4, count: 2, gradient: [0.5, 0.5, -0.5, 0.25, 0.125, 0.375] },
    { provider: 7, count: 4, gradient: [-0.5, 0.4375, 0.3125, -0.1875, 0.25, 0.03125] },
  ];
  const missing = 4;
  const members = [requester, ...gradients.map(({ provider }) => provider)].sort((a, b) => a - b);
  const maskSecret = (id: number) => sample(`mask secret ${id}`, 32);
  const seed = (a: number, b: number) =>
    seedOf(x25519.getSharedSecret(maskSecret(a), x25519.getPublicKey(maskSecret(b))), context, requester, a, b);
  const roundSecret = sample('round key', 32);
  const requesterKey = bytesToHex(x25519.getPublicKey(roundSecret));
  const providers = gradients.map(({ provider, count, gradient }) => {
    const { bits, words } = fixedPointOf(
      gradient,
      count,
      { clamp, levels, providers: gradients.length },
      { round: context.round, provider },
    );
    const others = members.filter((other) => other !== provider);
    const masked = maskedOf(words, bits, provider, others, (other) => seed(provider, other)).map(Number);
    const key = bytesToHex(sample(`fresh key ${provider}`, 32));
    const blob = blobOf({ ...context, provider, requester, count, bits, words: masked, key, requesterKey });
    return { provider, count, gradient, words: words.map(Number), masked, key, blob: bytesToHex(blob), bits };
  });
  const [{ bits }] = providers;
  const delivered = providers.filter(({ provider }) => provider !== missing);
  const total = gradients[0].gradient.map((_, entry) =>
    delivered.reduce((sum, { words }) => sum + BigInt(words[entry]), 0n),
  );
  const signed = total.map((word) => Number(BigInt.asIntN(bits, word)));
  return {
    requester,
    clamp,
    levels,
    bits,
    roundSecret: bytesToHex(roundSecret),
    maskKeys: members.map((party) => ({
      party,
      secret: bytesToHex(maskSecret(party)),
      key: bytesToHex(x25519.getPublicKey(maskSecret(party))),
    })),
    providers: providers.map(({ bits: _, ...rest }) => rest),
    missing,
    seeds: delivered.map(({ provider }) => ({ helper: provider, seed: bytesToHex(seed(provider, missing)) })),
    words: total.map((word) => Number(modulo(word, bits))),
    sum: signed.map((steps) => Math.fround(steps * (clamp / levels))),
  };
}

/**
 * What may be given away by what a ledger shows once the deliver phase of a round is over. Party 0 ordered from 1 … 4, of
 * whom 4 did not deliver; 1 from 2, 3 and 4, of whom 2 alone did; 2 from 0 and 3, who both did; nobody from 5.
 */
function disclosure() {
  const minProviders = 2;
  const orders = [
    { requester: 0, providers: [1, 2, 3, 4] },
    { requester: 1, providers: [2, 3, 4] },
    { requester: 2, providers: [0, 3] },
  ];
  const deliveries = [
    { requester: 0, providers: [1, 2, 3] },
    { requester: 1, providers: [2] },
    { requester: 2, providers: [0, 3] },
  ];
  const parties = [0, 1, 2, 3, 4, 5];
  const blobs: number[][] = [];
  const seeds: number[][] = [];
  for (const [at, { requester, providers }] of orders.entries()) {
    const delivered = deliveries[at].providers;
    for (const self of parties) {
      if (delivered.includes(self)) blobs.push([self, requester]);
      for (const missing of parties) {
        const isMissing = providers.includes(missing) && !delivered.includes(missing);
        // In a small group everybody is everybody's neighbour, so those who delivered are one part.
        if (delivered.includes(self) && isMissing && delivered.length >= minProviders)
          seeds.push([self, requester, missing]);
      }
    }
  }
  return { minProviders, parties, orders, deliveries, blobs, seeds };
}

/** Bytes that look arbitrary and are not: SHA-256 of a label, over and over. */
function sample(label: string, length: number): Uint8Array {
  let bytes = EMPTY;
  for (let block = 0; bytes.length < length; block++)
    bytes = concatBytes(bytes, sha256(utf8ToBytes(`${label} ${block}`)));
  return bytes.slice(0, length);
}

/** Computes all known answers. */
export function knownAnswers() {
  const context = { chainId: '2026', contract: `0x${bytesToHex(sample('contract', 20))}`, round: 7 };
  const shared = sample('shared secret', 32);
  const seed = seedOf(shared, context, 2, 5, 3);
  const beacon = sample('beacon', 32);
  const secretKey = sample('requester', 32);
  const requesterKey = bytesToHex(x25519.getPublicKey(secretKey));
  const blob = (bits: number, count: number) => {
    const words = [...keystreamOf(sample(`words of ${bits}`, 32), 37, bits)].map(Number);
    const facts = {
      provider: 3,
      requester: 2,
      count,
      bits,
      words,
      key: bytesToHex(sample(`key ${bits}`, 32)),
      requesterKey,
    };
    const bytes = blobOf({ ...context, ...facts });
    return { ...facts, blob: bytesToHex(bytes), commitment: bytesToHex(sha256(bytes)) };
  };
  const providers = Array.from({ length: 40 }, (_, id) => id + 1);
  const rings = ringsOf(providers, 0, context, beacon);
  const near = neighboursIn(rings, 0, 17);
  const sparseSeed = (other: number) => seedOf(sample(`shared secret with ${other}`, 32), context, 0, 17, other);
  const downloads = [9, 0, 255].map((party) => ({ party, key: sample(`download ${party}`, 32) }));
  const gradient = [0.5, -0.25, 0.25, -2, 0.09375, 0, -0.25, 0.125];
  const formats = [
    { count: 0, clamp: 0.25, levels: 9, providers: 14, rounding: { round: 1, provider: 0 } },
    { count: 3, clamp: 0.25, levels: 9, providers: 14, rounding: { round: 1, provider: 0 } },
    { count: 8, clamp: 0.75, levels: 4, providers: 14, rounding: { round: 60, provider: 255 } },
    { count: 8, clamp: 0.75, levels: 4, providers: 14, rounding: { round: 2 ** 32 - 1, provider: 3 } },
    { count: 8, clamp: 0.5, levels: 1, providers: 3, rounding: { round: 2, provider: 7 } },
    { count: 8, clamp: 4, levels: 65_535, providers: 255, rounding: { round: 2, provider: 8 } },
  ];
  return {
    source: 'test/reference/onion.ts',
    context,
    seed: { shared: bytesToHex(shared), recipient: 2, pair: [5, 3], seed: bytesToHex(seed) },
    keystreams: [5, 8, 9, 16, 17, 32].map((bits) => ({ bits, words: keystreamOf(seed, 12, bits).map(Number) })),
    packing: [1, 5, 8, 11, 31, 32].map((bits) => {
      const words = keystreamOf(seed, 13, bits);
      return { bits, words: words.map(Number), bytes: bytesToHex(packedOf(words, bits)) };
    }),
    numbers: {
      gradient,
      formats: formats.map(({ count, rounding, ...format }) => {
        const { bits, words } = fixedPointOf(gradient, count, format, rounding);
        return { count, ...format, ...rounding, bits, words: words.map(Number) };
      }),
    },
    beacon: {
      downloads: downloads.map(({ party, key }) => ({ party, key: bytesToHex(key) })),
      beacon: bytesToHex(beaconOf(downloads)),
    },
    rings: { recipient: 0, beacon: bytesToHex(beacon), providers, rings },
    sparse: {
      provider: 17,
      bits: 9,
      neighbours: near.map((party) => ({ party, shared: bytesToHex(sample(`shared secret with ${party}`, 32)) })),
      masked: maskedOf([0n, 1n, 511n, 256n], 9, 17, near, sparseSeed).map(Number),
    },
    sum: sumOf(context),
    disclosure: disclosure(),
    secretKey: bytesToHex(secretKey),
    blobs: [blob(5, 9), blob(9, 37), blob(32, 1)],
  };
}

if (import.meta.main) {
  const target = join(import.meta.dirname, '..', 'vectors', 'onion.json');
  writeFileSync(target, `${JSON.stringify(knownAnswers(), undefined, 1)}\n`);
}
