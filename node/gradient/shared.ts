/**
 * What a party shares of its gradient, as it reads in the clear.
 * @module
 */
import type { PartyId } from '../types.ts';
import { decodeFixedSum, encodeFixed, fixedPointFor, roundingSeed } from './fixedPoint.ts';
import { selectLargest } from './select.ts';

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

/**
 * Δw̃_j: the largest entries of a gradient, clamped and rounded exactly as they are in the sum of a requester that orders all
 * it may.
 * @param gradient - Δw_j, float32 [D], finite.
 * @returns float32 [D], with at most `cap` entries that are not zero.
 * @throws GradientError `COUNT_OUT_OF_RANGE`, `NOT_FINITE`, `INVALID_FORMAT`.
 */
export function sharedGradient(gradient: Float32Array, { round, provider, cap, clamp, levels }: Sharing): Float32Array {
  const format = fixedPointFor(clamp, levels, 1);
  return decodeFixedSum(encodeFixed(selectLargest(gradient, cap), format, roundingSeed(round, provider)), format);
}
