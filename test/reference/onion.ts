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
  return {
    source: 'test/reference/onion.ts',
    context,
    seed: { shared: bytesToHex(shared), recipient: 2, pair: [5, 3], seed: bytesToHex(seed) },
    keystreams: [5, 8, 9, 16, 17, 32].map((bits) => ({ bits, words: keystreamOf(seed, 12, bits).map(Number) })),
    packing: [1, 5, 8, 11, 31, 32].map((bits) => {
      const words = keystreamOf(seed, 13, bits);
      return { bits, words: words.map(Number), bytes: bytesToHex(packedOf(words, bits)) };
    }),
    rings: { recipient: 0, beacon: bytesToHex(beacon), providers, rings: ringsOf(providers, 0, context, beacon) },
    secretKey: bytesToHex(secretKey),
    blobs: [blob(5, 9), blob(9, 37), blob(32, 1)],
  };
}

if (import.meta.main) {
  const target = join(import.meta.dirname, '..', 'vectors', 'onion.json');
  writeFileSync(target, `${JSON.stringify(knownAnswers(), undefined, 1)}\n`);
}
