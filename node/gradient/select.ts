/**
 * "Largest values" selection (Algorithm 2, line 1): keeps the entries that matter most and zeroes the rest.
 * @module
 */
import { GradientError } from './errors.ts';

const TOP_SHIFT = 20;
/** The digits of |x| by which entries are ranked, from the lowest: 10 + 10 + 11 = 31 bits, all but the sign. */
const digits = [
  { shift: 0, bits: 10 },
  { shift: 10, bits: 10 },
  { shift: TOP_SHIFT, bits: 11 },
] as const;
/** Top digit of |∞|; no finite number has it or a higher one. */
const INFINITY = 0x7f800000 >>> TOP_SHIFT;

/**
 * Keeps the `count` entries of largest **absolute** value and zeroes the rest; of equal ones, those of lower index.
 * @param gradient - Δw_j, float32 [D], finite.
 * @param count - d, 0 ≤ d ≤ D.
 * @returns Δw̃_j, float32 [D], with at most d non-zero entries.
 * @throws GradientError `COUNT_OUT_OF_RANGE`, `NOT_FINITE`.
 */
export function selectLargest(gradient: Float32Array, count: number): Float32Array {
  const ranking = rankLargest(gradient, count);
  const selected = new Float32Array(gradient.length);
  for (let rank = 0; rank < count; rank++) selected[ranking[rank]] = gradient[ranking[rank]];
  return selected;
}

/**
 * The largest entries in the order in which {@link selectLargest} keeps them: by descending absolute value, then by
 * index. Its first d are those selected for d, so one ranking serves any number of requesters.
 * @param count - how many are ranked, 0 ≤ count ≤ D; all unless told.
 * @returns uint32 [count]; without `count` a permutation.
 * @throws GradientError `COUNT_OUT_OF_RANGE`, `NOT_FINITE`.
 * Cost: O(D), and a radix sort, least significant digit first, of little more than `count` entries.
 */
export function rankLargest(gradient: Float32Array, count = gradient.length): Uint32Array {
  if (!Number.isInteger(count) || count < 0 || count > gradient.length) {
    throw new GradientError('COUNT_OUT_OF_RANGE', `Cannot keep ${count} of ${gradient.length} entries.`, {
      fault: 'self',
    });
  }
  // deviation: the paper's "largest values" ignores the sign's meaning; selecting by sign destroys learning.
  // The bits of |x| order as the values do.
  const bits = new Uint32Array(gradient.buffer, gradient.byteOffset, gradient.length);
  let ranking = candidates(bits, count);
  let sorted = new Uint32Array(ranking.length);
  for (const { shift, bits: width } of digits) {
    const mask = (1 << width) - 1;
    const starts = new Uint32Array(mask + 2);
    // Counted by what is left to the largest digit, so that the largest come first.
    for (let at = 0; at < ranking.length; at++) starts[mask - ((bits[ranking[at]] >>> shift) & mask) + 1]++;
    for (let digit = 1; digit <= mask; digit++) starts[digit] += starts[digit - 1];
    for (let at = 0; at < ranking.length; at++) {
      const index = ranking[at];
      sorted[starts[mask - ((bits[index] >>> shift) & mask)]++] = index;
    }
    [ranking, sorted] = [sorted, ranking];
  }
  return ranking.subarray(0, count);
}

/** Ascending indices of all entries whose top digit is at least that of the `count`-th largest; uint32 [≥ count]. */
function candidates(bits: Uint32Array, count: number): Uint32Array<ArrayBuffer> {
  const histogram = new Uint32Array(1 << 11);
  for (let index = 0; index < bits.length; index++) histogram[(bits[index] >>> TOP_SHIFT) & 0x7ff]++;
  if (histogram.subarray(INFINITY).some((entries) => entries > 0)) {
    const index = bits.findIndex((value) => ((value >>> TOP_SHIFT) & 0x7ff) >= INFINITY);
    throw new GradientError('NOT_FINITE', `Entry ${index} of the gradient is no finite number.`, { fault: 'self' });
  }
  let least = INFINITY;
  let found = 0;
  while (found < count) found += histogram[--least];
  // Without a branch, which nobody could predict. One place more, as all that do not count are written there.
  const indices = new Uint32Array(found + 1);
  const below = (least << TOP_SHIFT) - 1;
  for (let index = 0, at = 0; index < bits.length; index++) {
    indices[at] = index;
    at += (below - (bits[index] & 0x7fffffff)) >>> 31;
  }
  return indices.subarray(0, found);
}
