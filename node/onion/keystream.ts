/**
 * Layer 1 (Algorithm 3): keystreams that cancel in the sum, agreed pairwise instead of dealt by a trusted third party.
 * @module
 */
import { createCipheriv, hkdfSync } from 'node:crypto';
import { endianness } from 'node:os';
import { wordMask } from '../gradient/fixedPoint.ts';
import type { ExchangeContext, PartyId } from '../types.ts';
import { contextBytes, partyBytes } from './context.ts';

/** Words per piece of keystream: small enough to stay in the processor's cache, large enough to hide the calls. */
const PIECE = 16_384;
const ZEROS = new Uint8Array(PIECE * 4);
/** A seed opens one stream only, so its counter starts at zero. */
const COUNTER = new Uint8Array(16);

if (endianness() !== 'LE') throw new Error('Keystreams are read as little-endian words; this machine is big-endian.');

/**
 * The seed two parties share for one recipient's sum of one round: HKDF-SHA256 (RFC 5869) of their X25519 secret. It
 * opens this one keystream and no other, so it may be handed out when one of the two fails to deliver.
 * @param shared - X25519 shared secret of the two mask keys; 32 bytes.
 * @param pair - the two parties, in any order.
 * @returns 32 bytes.
 */
// deviation: Algorithm 3's trusted dealer is replaced by pairwise agreement; the sum of all keystreams is still zero.
export function maskSeed(
  shared: Uint8Array,
  context: ExchangeContext,
  recipient: PartyId,
  pair: readonly [PartyId, PartyId],
): Uint8Array {
  const ends = partyBytes(recipient, Math.min(...pair), Math.max(...pair));
  const info = Buffer.concat([Buffer.from('dppdl/1/mask'), contextBytes(context), ends]);
  return new Uint8Array(hkdfSync('sha256', shared, '', info, 32));
}

/**
 * Adds (Algorithm 3: c = m + k) or subtracts (m = c − k) the keystream of a seed, in place, modulo 2^bits.
 * The stream is AES-256-CTR under the seed with a zero counter, read as little-endian words of 1, 2 or 4 bytes, the
 * fewest that hold `bits`, of which the low `bits` count.
 * @param words - uint32 [D].
 * @param sign - +1 or −1.
 */
export function addKeystream(words: Uint32Array, seed: Uint8Array, sign: 1 | -1, bits: number): void {
  const width = bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
  const Words = width === 1 ? Uint8Array : width === 2 ? Uint16Array : Uint32Array;
  const cipher = createCipheriv('aes-256-ctr', seed, COUNTER);
  const piece = new Words(PIECE);
  const pieceBytes = new Uint8Array(piece.buffer);
  const mask = wordMask(bits);
  for (let start = 0; start < words.length; start += PIECE) {
    const part = words.subarray(start, start + PIECE);
    const stream = cipher.update(ZEROS.subarray(0, part.length * width));
    pieceBytes.set(stream);
    stream.fill(0);
    // Given back at once: waiting for it, the garbage collector would come every few messages.
    if (stream.buffer instanceof ArrayBuffer && stream.buffer.byteLength === stream.length) stream.buffer.transfer(0);
    if (sign === 1) for (let at = 0; at < part.length; at++) part[at] = (part[at] + piece[at]) & mask;
    else for (let at = 0; at < part.length; at++) part[at] = (part[at] - piece[at]) & mask;
  }
  piece.fill(0);
}

/** Which of two parties adds their keystream, the other one subtracting it: the one with the lower id. */
export function maskSign(party: PartyId, other: PartyId): 1 | -1 {
  return party < other ? 1 : -1;
}
