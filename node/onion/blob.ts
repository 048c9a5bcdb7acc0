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
 * | 52 | 48 | layer 3: the blob's fresh key under HPKE, with its tag |
 * | 100 | ⌈D·bits/8⌉ | layer 2: AES-256-GCM of the packed layer 1 words |
 * | … | 16 | layer 2: its tag |
 *
 * All randomness of a blob comes from its fresh key: HKDF-SHA256 of it gives the key of layer 2 ("dppdl/1/layer2") and
 * the input of HPKE's ephemeral key ("dppdl/1/layer3"). So who is told the key in a dispute can rebuild layer 3 and
 * compare: one key fits a blob, and the blob opens for its requester exactly if it opens for a judge.
 * @module
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  generateKeyPairSync,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305';
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { packedBytes, packWords, unpackWords } from '../gradient/packing.ts';
import type { ExchangeContext, PartyId } from '../types.ts';
import { contextBytes, partyBytes } from './context.ts';
import { OnionError } from './errors.ts';

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
  return BODY_OFFSET + packedBytes(words, bits) + TAG_BYTES;
}

/** SHA-256 of a blob: what UPLOAD commits to; 32 bytes. */
export function commitment(blob: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(blob).digest());
}

/** A fresh X25519 pair; 32 bytes each. */
export function createRoundKey(): { publicKey: Uint8Array; secretKey: Uint8Array } {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const last32 = (der: Buffer) => new Uint8Array(der.subarray(-32));
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' });
  const pair = { publicKey: last32(publicKey.export({ format: 'der', type: 'spki' })), secretKey: last32(secret) };
  secret.fill(0);
  return pair;
}

function header({ context, provider, requester, count, words, bits }: BlobFacts): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write('DPPD', 'latin1');
  bytes.set([1, bits], 4);
  bytes.set(partyBytes(provider, requester), 6);
  bytes.writeUInt32BE(context.round, 8);
  bytes.writeUInt32BE(count, 12);
  bytes.writeUInt32BE(words, 16);
  return bytes;
}

/** Associated data of layers 2 and 3: the header, and what the blob is bound to beyond it. */
function associatedData(facts: BlobFacts): Buffer {
  return Buffer.concat([header(facts), contextBytes(facts.context)]);
}

/** A key for one purpose from the blob's fresh key. */
function derive(key: Uint8Array, purpose: 'layer2' | 'layer3'): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', `dppdl/1/${purpose}`, 32));
}

/** Layer 3: encapsulated key and closed fresh key, 32 + 48 bytes, a function of its arguments alone. */
async function closeKey(key: Uint8Array, encryptionKey: Uint8Array, bound: Buffer): Promise<Uint8Array> {
  const input = derive(key, 'layer3');
  const ekm = await suite.kem.deriveKeyPair(input);
  input.fill(0);
  const recipientPublicKey = await suite.kem.deserializePublicKey(encryptionKey);
  const sender = await suite.createSenderContext({ recipientPublicKey, ekm });
  const closed = await sender.seal(key, bound);
  return Buffer.concat([new Uint8Array(sender.enc), new Uint8Array(closed)]);
}

/**
 * Closes layer 1 words into a blob for one requester.
 * @param words - masked words, uint32 [D], modulo 2^bits.
 * @param encryptionKey - the requester's X25519 key of the round; 32 bytes.
 * @param key - the blob's fresh key, 32 bytes from a cryptographic source, never used before. The caller
 * keeps it for as long as a claim about the blob may be filed or is open, and zeroes it then.
 * @throws OnionError `INVALID_KEY` for an encryption key with which nothing can be agreed.
 */
export async function wrap(
  words: Uint32Array,
  encryptionKey: Uint8Array,
  facts: BlobFacts,
  key: Uint8Array,
): Promise<Uint8Array> {
  const bound = associatedData(facts);
  // Layer 2.
  const secret = derive(key, 'layer2');
  const cipher = createCipheriv('aes-256-gcm', secret, NONCE);
  cipher.setAAD(bound);
  const body = cipher.update(packWords(words, facts.bits));
  cipher.final();
  secret.fill(0);
  // Layer 3.
  let closedKey: Uint8Array;
  try {
    closedKey = await closeKey(key, encryptionKey, bound);
  } catch (cause) {
    throw new OnionError('INVALID_KEY', `Nothing can be encrypted to the key of party ${facts.requester}.`, {
      fault: 'peer',
      meta: { requester: facts.requester },
      cause,
    });
  }
  // A copy, because a Buffer's slice() would share its bytes with whoever takes this for a plain array.
  return new Uint8Array(Buffer.concat([header(facts), closedKey, body, cipher.getAuthTag()]));
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
    const recipientKey = await suite.kem.deserializePrivateKey(pair.secretKey);
    const enc = blob.subarray(HEADER_BYTES, HEADER_BYTES + ENCAPSULATED_BYTES);
    const recipient = await suite.createRecipientContext({ recipientKey, enc });
    const closed = blob.subarray(HEADER_BYTES + ENCAPSULATED_BYTES, BODY_OFFSET);
    key = new Uint8Array(await recipient.open(closed, associatedData(facts)));
  } catch {
    throw authFailed();
  }
  try {
    return await openWithKey(blob, key, pair.publicKey, facts);
  } finally {
    key.fill(0);
  }
}

/**
 * Opens a blob with its fresh key. In a dispute the provider reveals the key; anybody can then check that the committed
 * blob is closed for the requester and opens, and sees masked words only.
 * @param key - the blob's fresh key; 32 bytes.
 * @param encryptionKey - the requester's X25519 key of the round; 32 bytes.
 * @throws OnionError `AUTH_FAILED`, exactly when {@link peel} throws it for the requester.
 */
export async function openWithKey(
  blob: Uint8Array,
  key: Uint8Array,
  encryptionKey: Uint8Array,
  facts: BlobFacts,
): Promise<Uint32Array> {
  checkHeader(blob, facts);
  const bound = associatedData(facts);
  const secret = derive(key, 'layer2');
  try {
    const closedKey = await closeKey(key, encryptionKey, bound);
    if (!timingSafeEqual(closedKey, blob.subarray(HEADER_BYTES, BODY_OFFSET))) throw authFailed();
    const decipher = createDecipheriv('aes-256-gcm', secret, NONCE);
    decipher.setAAD(bound);
    decipher.setAuthTag(blob.subarray(-TAG_BYTES));
    const packed = decipher.update(blob.subarray(BODY_OFFSET, -TAG_BYTES));
    decipher.final();
    return unpackWords(packed, facts.words, facts.bits);
  } catch {
    throw authFailed();
  } finally {
    secret.fill(0);
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
