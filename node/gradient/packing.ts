/**
 * Words of b bits as bytes, without gaps: word i takes bits i·b … i·b + b − 1, the lowest bit of a byte first.
 * @module
 */
import { GradientError } from './errors.ts';

/** ⌈count·bits/8⌉: bytes that `count` words take. */
export function packedBytes(count: number, bits: number): number {
  return Math.ceil((count * bits) / 8);
}

/**
 * Writes words.
 * @param words - uint32 [D], each below 2^bits.
 * @param bits - 1 … 32.
 * @returns uint8 [⌈D·bits/8⌉]; the bits left over at the end are 0.
 */
export function packWords(words: Uint32Array, bits: number): Uint8Array {
  // Written 32 bits at a time, then cut to whole bytes.
  const limbs = new Uint32Array(Math.ceil((words.length * bits) / 32));
  let limb = 0;
  let held = 0;
  let at = 0;
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    limb |= word << held;
    held += bits;
    if (held >= 32) {
      limbs[at++] = limb;
      held -= 32;
      limb = held === 0 ? 0 : word >>> (bits - held);
    }
  }
  if (held > 0) limbs[at] = limb;
  return new Uint8Array(limbs.buffer, 0, packedBytes(words.length, bits));
}

/**
 * Reads words back.
 * @param bytes - exactly ⌈count·bits/8⌉ bytes, the bits left over 0.
 * @param bits - 1 … 32.
 * @returns uint32 [count].
 * @throws GradientError `INVALID_FORMAT` for any other bytes; nothing is allocated before the length is checked.
 */
export function unpackWords(bytes: Uint8Array, count: number, bits: number): Uint32Array {
  const spare = bytes.length * 8 - count * bits;
  const right = bytes.length === packedBytes(count, bits);
  if (!right || (spare > 0 && bytes[bytes.length - 1] >>> (8 - spare) !== 0)) {
    throw new GradientError('INVALID_FORMAT', `The bytes are not ${count} words of ${bits} bits.`, { fault: 'peer' });
  }
  const limbs = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(limbs.buffer).set(bytes);
  const words = new Uint32Array(count);
  const mask = bits === 32 ? 0xffffffff : 2 ** bits - 1;
  let used = 0; // bits of limbs[at] already read
  let at = 0;
  for (let index = 0; index < count; index++) {
    let word = limbs[at] >>> used;
    used += bits;
    if (used >= 32) {
      used -= 32;
      at++;
      if (used > 0) word |= limbs[at] << (bits - used);
    }
    words[index] = word & mask;
  }
  return words;
}
