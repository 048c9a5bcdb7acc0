/**
 * Layers 2 and 3 (§4.2.2) and the blob that carries them: every field has a fixed place and size.
 *
 * | offset | bytes | field |
 * | --- | --- | --- |
 * | 0 | 4 | "DPPD" |
 * | 4 | 1 | version, 1 |
 * | 5 | 1 | bits of a word |
 * | 6 | 1 | provider |
 * | 7 | 1 | requester |
 * | 8 | 4 | round, big-endian |
 * | 12 | 4 | count d, big-endian |
 * | 16 | 4 | words D, big-endian |
 * | 20 | 32 | layer 3: HPKE encapsulated key |
 * | 52 | 48 | layer 3: the layer 2 key under HPKE, with its tag |
 * | 100 | ⌈D·bits/8⌉ | layer 2: AES-256-GCM of the packed layer 1 words |
 * | … | 16 | layer 2: its tag |
 * @module
 */
import { createCipheriv, createDecipheriv, createHash, generateKeyPairSync, timingSafeEqual } from 'node:crypto';
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305';
import { CipherSuite, HkdfSha256 } from '@hpke/core';
import { DhkemX25519HkdfSha256 } from '@hpke/dhkem-x25519';
import { packWords, unpackWords } from '../gradient/fixedPoint.ts';
import { secureBytes } from '../random.ts';
import type { ExchangeContext, PartyId } from '../types.ts';
import { OnionError } from './errors.ts';
import { contextBytes } from './keystream.ts';

/** RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode. */
const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Chacha20Poly1305(),
});

const HEADER_BYTES = 20;
const ENCAPSULATED_BYTES = 32;
const WRAPPED_KEY_BYTES = 48;
const TAG_BYTES = 16;
const BODY_OFFSET = HEADER_BYTES + ENCAPSULATED_BYTES + WRAPPED_KEY_BYTES;
/** Each key closes one message, so its nonce may stand still. */
const NONCE = Buffer.alloc(12);

/** Who gives how much to whom, in which numbers: what a blob's header says and both ends know from the ledger. */
export interface BlobFacts {
  readonly context: ExchangeContext;
  readonly provider: PartyId;
  readonly requester: PartyId;
  /** d: entries the order asked for. */
  readonly count: number;
  /** D: words in the blob. */
  readonly words: number;
  /** Bits of a word. */
  readonly bits: number;
}

/** Size of a blob in bytes. */
export function blobBytes(words: number, bits: number): number {
  return BODY_OFFSET + Math.ceil((words * bits) / 8) + TAG_BYTES;
}

/** SHA-256 of a blob: what UPLOAD commits to; 32 bytes. */
export function commitment(blob: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(blob).digest());
}

/** A fresh X25519 pair; 32 bytes each. */
export function createRoundKey(): { publicKey: Uint8Array; secretKey: Uint8Array } {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const last32 = (der: Buffer) => new Uint8Array(der.subarray(-32));
  return {
    publicKey: last32(publicKey.export({ format: 'der', type: 'spki' })),
    secretKey: last32(privateKey.export({ format: 'der', type: 'pkcs8' })),
  };
}

function header({ context, provider, requester, count, words, bits }: BlobFacts): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write('DPPD', 'latin1');
  bytes.set([1, bits, provider, requester], 4);
  bytes.writeUInt32BE(context.round, 8);
  bytes.writeUInt32BE(count, 12);
  bytes.writeUInt32BE(words, 16);
  return bytes;
}

/** Associated data of layers 2 and 3: the header, and what the blob is bound to beyond it. */
function associatedData(facts: BlobFacts): Buffer {
  return Buffer.concat([header(facts), contextBytes(facts.context)]);
}

const toBuffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

/**
 * Closes layer 1 words into a blob for one requester.
 * @param words - masked words, uint32 [D], modulo 2^bits.
 * @param encryptionKey - the requester's X25519 key of the round; 32 bytes.
 */
export async function wrap(words: Uint32Array, encryptionKey: Uint8Array, facts: BlobFacts): Promise<Uint8Array> {
  const key = secureBytes(32);
  const bound = associatedData(facts);
  // Layer 2.
  const cipher = createCipheriv('aes-256-gcm', key, NONCE);
  cipher.setAAD(bound);
  const body = cipher.update(packWords(words, facts.bits));
  cipher.final();
  // Layer 3.
  const recipientPublicKey = await suite.kem.deserializePublicKey(toBuffer(encryptionKey));
  const sender = await suite.createSenderContext({ recipientPublicKey });
  const wrapped = await sender.seal(toBuffer(key), toBuffer(bound));
  key.fill(0);
  return Buffer.concat([header(facts), new Uint8Array(sender.enc), new Uint8Array(wrapped), body, cipher.getAuthTag()]);
}

/**
 * Opens a blob with the requester's key, down to layer 1.
 * @throws OnionError `AUTH_FAILED` for anything that is not exactly the blob these facts describe.
 */
export async function peel(
  blob: Uint8Array,
  pair: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array },
  facts: BlobFacts,
): Promise<Uint32Array> {
  checkHeader(blob, facts);
  let key: Uint8Array;
  try {
    const recipientKey = await suite.kem.deserializePrivateKey(toBuffer(pair.secretKey));
    const enc = toBuffer(blob.subarray(HEADER_BYTES, HEADER_BYTES + ENCAPSULATED_BYTES));
    const recipient = await suite.createRecipientContext({ recipientKey, enc });
    const wrapped = toBuffer(blob.subarray(HEADER_BYTES + ENCAPSULATED_BYTES, BODY_OFFSET));
    key = new Uint8Array(await recipient.open(wrapped, toBuffer(associatedData(facts))));
  } catch {
    throw authFailed();
  }
  const words = openWithKey(blob, key, facts);
  key.fill(0);
  return words;
}

/**
 * Opens layer 2 with its key. In a dispute the provider reveals the key; anybody can then check that the committed
 * blob opens, and sees masked words only.
 * @throws OnionError `AUTH_FAILED`.
 */
export function openWithKey(blob: Uint8Array, key: Uint8Array, facts: BlobFacts): Uint32Array {
  checkHeader(blob, facts);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, NONCE);
    decipher.setAAD(associatedData(facts));
    decipher.setAuthTag(blob.subarray(-TAG_BYTES));
    const packed = decipher.update(blob.subarray(BODY_OFFSET, -TAG_BYTES));
    decipher.final();
    return unpackWords(packed, facts.words, facts.bits);
  } catch {
    throw authFailed();
  }
}

function checkHeader(blob: Uint8Array, facts: BlobFacts): void {
  const right = blob.length === blobBytes(facts.words, facts.bits);
  if (!right || !timingSafeEqual(blob.subarray(0, HEADER_BYTES), header(facts))) throw authFailed();
}

/** One error for everything: why a blob does not open is nobody's business but ours. */
function authFailed(): OnionError {
  return new OnionError('AUTH_FAILED', 'The blob does not open.', { fault: 'peer' });
}
