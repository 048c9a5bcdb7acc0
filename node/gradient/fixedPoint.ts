/**
 * Fixed point for sums that cannot overflow (the paper's scaling, rounding, unscaling; Algorithm 3): a value becomes
 * one of 2·levels + 1 steps, and steps of all providers add up modulo 2^bits without wrapping.
 * @module
 */
import { GradientError } from './errors.ts';

/** How one sum's entries are written. */
export interface FixedPoint {
  /** Values are clamped to ±clamp, > 0. */
  readonly clamp: number;
  /** Steps between 0 and the clamp, ≥ 1. */
  readonly levels: number;
  /** Words are integers modulo 2^bits, 2 … 32. */
  readonly bits: number;
}

/**
 * The narrowest format in which `providers` values can be added: 2^bits ≥ 2·levels·providers + 1.
 * @throws GradientError `INVALID_FORMAT` when that takes more than 32 bits or a parameter is out of range.
 */
export function fixedPointFor(clamp: number, levels: number, providers: number): FixedPoint {
  const bits = Math.ceil(Math.log2(2 * levels * providers + 1));
  const isCount = (value: number) => Number.isInteger(value) && value >= 1;
  if (!(clamp > 0) || !Number.isFinite(clamp) || !isCount(levels) || !isCount(providers) || bits > 32) {
    throw new GradientError(
      'INVALID_FORMAT',
      `No fixed point for clamp ${clamp}, ${levels} levels, ${providers} providers.`,
      {
        fault: 'self',
      },
    );
  }
  return { clamp, levels, bits };
}

/** The words of a modulus: ANDing with it is taking the remainder modulo 2^bits. */
export function wordMask(bits: number): number {
  return bits === 32 ? 0xffffffff : 2 ** bits - 1;
}

/**
 * Rounds each value to its nearest step, halves away from zero.
 * @param values - float32 [D].
 * @returns steps modulo 2^bits; uint32 [D].
 * @throws GradientError `NOT_FINITE`.
 */
export function encodeFixed(values: Float32Array, { clamp, levels, bits }: FixedPoint): Uint32Array {
  const words = new Uint32Array(values.length);
  const mask = wordMask(bits);
  const scale = levels / clamp;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (!Number.isFinite(value)) {
      throw new GradientError('NOT_FINITE', `Entry ${index} of the gradient is no finite number.`, { fault: 'self' });
    }
    const step = Math.min(levels, Math.floor(Math.abs(value) * scale + 0.5));
    words[index] = (value < 0 ? -step : step) & mask;
  }
  return words;
}

/**
 * Reads a sum of encoded values.
 * @param words - uint32 [D], modulo 2^bits.
 * @returns float32 [D], |x| ≤ providers·clamp.
 */
export function decodeFixedSum(words: Uint32Array, { clamp, levels, bits }: FixedPoint): Float32Array {
  const values = new Float32Array(words.length);
  const unused = 32 - bits;
  const step = clamp / levels;
  // Shifting up and down again extends the sign.
  for (let index = 0; index < words.length; index++) values[index] = ((words[index] << unused) >> unused) * step;
  return values;
}

/** Writes words as a stream of `bits`-bit little-endian fields; uint8 [⌈D·bits/8⌉]. */
export function packWords(words: Uint32Array, bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((words.length * bits) / 8));
  let pending = 0; // fewer than 8 bits wait to be written
  let held = 0;
  let at = 0;
  for (const word of words) {
    // A product instead of a shift: 7 + 32 bits do not fit an int32.
    let field = pending + word * 2 ** held;
    held += bits;
    while (held >= 8) {
      bytes[at++] = field % 256;
      field = Math.floor(field / 256);
      held -= 8;
    }
    pending = field;
  }
  if (held > 0) bytes[at] = pending;
  return bytes;
}

/**
 * Reads words back.
 * @param bytes - exactly ⌈count·bits/8⌉ bytes.
 * @throws GradientError `INVALID_FORMAT` for another length.
 */
export function unpackWords(bytes: Uint8Array, count: number, bits: number): Uint32Array {
  if (bytes.length !== Math.ceil((count * bits) / 8)) {
    throw new GradientError('INVALID_FORMAT', `${count} words of ${bits} bits do not take ${bytes.length} bytes.`, {
      fault: 'peer',
    });
  }
  const words = new Uint32Array(count);
  const modulus = 2 ** bits;
  let pending = 0;
  let held = 0;
  let at = 0;
  for (let index = 0; index < count; index++) {
    while (held < bits) {
      pending += bytes[at++] * 2 ** held;
      held += 8;
    }
    words[index] = pending % modulus;
    pending = Math.floor(pending / modulus);
    held -= bits;
  }
  return words;
}
