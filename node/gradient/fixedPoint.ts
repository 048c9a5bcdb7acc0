/**
 * Fixed point for sums that cannot overflow (the paper's scaling, rounding, unscaling; Algorithm 3): a value becomes
 * one of 2·levels + 1 steps, and steps of all providers add up modulo 2^bits without wrapping.
 * @module
 */
import { scramble } from '../random.ts';
import type { PartyId } from '../types.ts';
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
  const isCount = (value: number) => Number.isInteger(value) && value >= 1;
  const largest = 2 * levels * providers;
  const fits = isCount(levels) && isCount(providers) && largest < 2 ** 32;
  // Scales that are no finite numbers would make NaN of zeros.
  const scales = clamp > 0 && Number.isFinite(clamp) && Number.isFinite(levels / clamp) && clamp / levels > 0;
  if (!fits || !scales) {
    throw new GradientError(
      'INVALID_FORMAT',
      `No fixed point for clamp ${clamp}, ${levels} levels, ${providers} providers.`,
      { fault: 'self' },
    );
  }
  // ⌈log2(x + 1)⌉ is the length of x in bits.
  return { clamp, levels, bits: 32 - Math.clz32(largest) };
}

/** Words of 32 bits, of which any narrower format's are the low bits. @throws GradientError `INVALID_FORMAT`. */
export function widestFormat(clamp: number, levels: number): FixedPoint {
  return { ...fixedPointFor(clamp, levels, 1), bits: 32 };
}

/** The lowest `bits` bits, as an int32: ANDing with it is taking the remainder modulo 2^bits. */
export function wordMask(bits: number): number {
  return (-1 >>> (32 - bits)) | 0;
}

/** Seed of a provider's rounding in one round. Public: it decides chances, not secrets. */
export function roundingSeed(round: number, provider: PartyId): number {
  return scramble(256 * round + provider);
}

/**
 * Rounds each value to one of the two steps beside it, at random so that it is right on average: with few levels the
 * nearest step would lose what is small in every gradient (stochastic rounding; Alistarh et al. 2017, QSGD).
 * @param values - float32 [D].
 * @param seed - see {@link roundingSeed}; entry i is rounded by scramble(seed + i·0x9e3779b9).
 * @param entries - which entries to encode, in this order; all unless given.
 * @returns steps modulo 2^bits; uint32 [D], or one for each of `entries`.
 * @throws GradientError `NOT_FINITE`.
 */
export function encodeFixed(
  values: Float32Array,
  { clamp, levels, bits }: FixedPoint,
  seed: number,
  entries?: Uint32Array,
): Uint32Array {
  const words = new Uint32Array(entries?.length ?? values.length);
  const mask = wordMask(bits);
  const raw = new Int32Array(values.buffer, values.byteOffset, values.length);
  // deviation: the paper exchanges entries as they are; a clamp gives fixed point its range and bounds an attacker.
  const scale = levels / clamp;
  for (let at = 0; at < words.length; at++) {
    const index = entries === undefined ? at : entries[at];
    const value = values[index];
    if (!Number.isFinite(value)) {
      throw new GradientError('NOT_FINITE', `Entry ${index} of the gradient is no finite number.`, { fault: 'self' });
    }
    const chance = (scramble(seed + Math.imul(index, 0x9e3779b9)) >>> 8) / 2 ** 24;
    const step = Math.min(levels, Math.abs(value) * scale + chance) | 0;
    // Signs are random, so a branch on them would cost more than all the rest: negative is −1, positive 0.
    const sign = raw[index] >> 31;
    words[at] = ((step ^ sign) - sign) & mask;
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

/**
 * Whether words can be a sum of what honest providers gave: every entry within ±providers·levels, and no more entries
 * other than zero than were ordered together. A wrong seed or a wrong blob makes words uniformly random, of which all
 * D pass with probability below ((2·levels·providers + 1) / 2^bits)^D.
 * @param words - uint32 [D], modulo 2^bits.
 * @param providers - number of providers in the sum.
 * @param entries - Σ d over them.
 */
export function isPlausibleSum(
  words: Uint32Array,
  { levels, bits }: FixedPoint,
  providers: number,
  entries: number,
): boolean {
  const unused = 32 - bits;
  const largest = levels * providers;
  let nonZero = 0;
  for (let index = 0; index < words.length; index++) {
    const value = (words[index] << unused) >> unused;
    if (value > largest || value < -largest) return false;
    if (value !== 0) nonZero++;
  }
  return nonZero <= entries;
}
