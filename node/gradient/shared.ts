/**
 * What a party shares of its gradient: its largest entries, clamped and rounded, the same for all who order them.
 * @module
 */
import type { PartyId } from '../types.ts';
import { decodeFixedSum, encodeFixed, roundingSeed, widestFormat, wordMask } from './fixedPoint.ts';
import { rankLargest } from './select.ts';

/** How a provider's entries of one round are written. */
export interface Sharing {
  readonly round: number;
  readonly provider: PartyId;
  /** ⌊λ·|w|⌋: the most of its entries that anybody gets. */
  readonly cap: number;
  /** Entries are clamped to ±clamp. */
  readonly clamp: number;
  /** Steps between 0 and the clamp. */
  readonly levels: number;
}

/** Δw_j as its provider shares it. */
export interface SharedGradient {
  /** The order in which entries are given; uint32 [cap]. */
  readonly ranking: Uint32Array;
  /** The steps of each of them, modulo 2^32; uint32 [cap]. */
  readonly steps: Uint32Array;
  /** D. */
  readonly size: number;
}

/** Ranking and rounding serve all requesters of a round; they are kept as long as the gradient itself is. */
const shared = new WeakMap<Float32Array, { readonly sharing: Sharing; readonly result: SharedGradient }>();

/**
 * Ranks and rounds a gradient.
 * @param gradient - Δw_j, float32 [D], finite; must not change any more.
 * @throws GradientError `COUNT_OUT_OF_RANGE`, `NOT_FINITE`, `INVALID_FORMAT`.
 */
export function shareGradient(gradient: Float32Array, sharing: Sharing): SharedGradient {
  const known = shared.get(gradient);
  if (known !== undefined && isSame(known.sharing, sharing)) return known.result;
  const { round, provider, cap, clamp, levels } = sharing;
  const ranking = rankLargest(gradient, cap);
  const steps = encodeFixed(gradient, widestFormat(clamp, levels), roundingSeed(round, provider), ranking);
  const result = { ranking, steps, size: gradient.length };
  shared.set(gradient, { sharing, result });
  return result;
}

function isSame(one: Sharing, other: Sharing): boolean {
  return (['round', 'provider', 'cap', 'clamp', 'levels'] as const).every((key) => one[key] === other[key]);
}

/**
 * The d largest entries, all others 0: what `encodeFixed` makes of what `selectLargest` leaves.
 * @param count - d, at most the cap.
 * @returns steps modulo 2^bits; uint32 [D].
 */
export function wordsOf({ ranking, steps, size }: SharedGradient, count: number, bits: number): Uint32Array {
  const words = new Uint32Array(size);
  const mask = wordMask(bits);
  for (let rank = 0; rank < count; rank++) words[ranking[rank]] = steps[rank] & mask;
  return words;
}

/**
 * Δw̃_j: all that anybody may order, as it reads in the sum.
 * @returns float32 [D], with at most `cap` entries that are not zero.
 */
export function sharedValues(gradient: Float32Array, sharing: Sharing): Float32Array {
  const { ranking, steps, size } = shareGradient(gradient, sharing);
  const given = decodeFixedSum(steps, widestFormat(sharing.clamp, sharing.levels));
  const values = new Float32Array(size);
  for (let rank = 0; rank < given.length; rank++) values[ranking[rank]] = given[rank];
  return values;
}
