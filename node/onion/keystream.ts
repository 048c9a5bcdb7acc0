/**
 * Layer 1 (Algorithm 3): keystreams that cancel in the sum, agreed pairwise instead of dealt by a trusted third party.
 * @module
 */
import { createCipheriv, hkdfSync } from 'node:crypto';
import { wordMask } from '../gradient/fixedPoint.ts';
import type { ExchangeContext, PartyId } from '../types.ts';

/** Integers of a context as fixed bytes: chain id (32, big-endian), contract (20), round (4, big-endian). */
export function contextBytes({ chainId, contract, round }: ExchangeContext): Buffer {
  const bytes = Buffer.alloc(56);
  bytes.write(chainId.toString(16).padStart(64, '0'), 0, 'hex');
  bytes.write(contract.slice(2), 32, 'hex');
  bytes.writeUInt32BE(round, 52);
  return bytes;
}

/**
 * The seed two parties share for one recipient's sum of one round: HKDF-SHA256 (RFC 5869) of their X25519 secret. It
 * opens this one keystream and no other, so it may be handed out when one of the two fails to deliver.
 * @param shared - X25519 shared secret of the two mask keys; 32 bytes.
 * @param pair - the two parties, in any order.
 * @returns 32 bytes.
 */
export function maskSeed(
  shared: Uint8Array,
  context: ExchangeContext,
  recipient: PartyId,
  pair: readonly [PartyId, PartyId],
): Uint8Array {
  const ends = Buffer.from([recipient, Math.min(...pair), Math.max(...pair)]);
  const info = Buffer.concat([Buffer.from('dppdl/1/mask'), contextBytes(context), ends]);
  return new Uint8Array(hkdfSync('sha256', shared, '', info, 32));
}

/**
 * Adds or subtracts the keystream of a seed, in place, modulo 2^bits.
 * The stream is AES-256-CTR under the seed with a zero counter, read as little-endian words of 1, 2 or 4 bytes, the
 * fewest that hold `bits`, of which the low `bits` count.
 * @param sign - +1 or −1.
 */
export function addKeystream(words: Uint32Array, seed: Uint8Array, sign: 1 | -1, bits: number): void {
  const width = bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
  const cipher = createCipheriv('aes-256-ctr', seed, Buffer.alloc(16));
  const stream = new Uint8Array(cipher.update(Buffer.alloc(words.length * width)));
  const Words = width === 1 ? Uint8Array : width === 2 ? Uint16Array : Uint32Array;
  const keystream = new Words(stream.buffer, stream.byteOffset, words.length);
  const mask = wordMask(bits);
  for (let index = 0; index < words.length; index++) words[index] = (words[index] + sign * keystream[index]) & mask;
  stream.fill(0);
}

/** Which of two parties adds their keystream, the other one subtracting it: the one with the lower id. */
export function maskSign(party: PartyId, other: PartyId): 1 | -1 {
  return party < other ? 1 : -1;
}
