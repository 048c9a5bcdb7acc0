/**
 * "Largest values" selection (Algorithm 2, line 1): keeps the entries that matter most and zeroes the rest.
 * @module
 */
import { GradientError } from './errors.ts';

/** Bits of |x| read per pass, from the top: 11 + 10 + 10 = 31, all but the sign. */
const passes = [
  { shift: 20, bits: 11 },
  { shift: 10, bits: 10 },
  { shift: 0, bits: 10 },
] as const;
/** Bits of |∞|; NaN lies above. */
const INFINITY = 0x7f800000;

/**
 * Keeps the `count` entries of largest **absolute** value and zeroes the rest; of equal ones, those of lower index.
 * @param gradient - Δw_j, float32 [D], finite.
 * @param count - d, 0 ≤ d ≤ D.
 * @returns Δw̃_j, float32 [D], with at most d non-zero entries.
 * @throws GradientError `COUNT_OUT_OF_RANGE`, `NOT_FINITE`.
 * Cost: O(D): radix selection on the bits of |x|, which order as the values do.
 */
export function selectLargest(gradient: Float32Array, count: number): Float32Array {
  checkCount(gradient, count);
  const magnitudes = magnitudesOf(gradient);
  const selected = new Float32Array(gradient.length);
  // deviation: the paper's "largest values" ignores the sign's meaning; selecting by sign destroys learning.
  const indices = largestIndices(magnitudes, count);
  for (let at = 0; at < count; at++) selected[indices[at]] = gradient[indices[at]];
  return selected;
}

/**
 * The largest entries in the order in which {@link selectLargest} keeps them: by descending absolute value, then by
 * index. Its first d are those selected for d, so one ranking serves any number of requesters.
 * @param count - how many are ranked, 0 ≤ count ≤ D; all unless told.
 * @returns uint32 [count]; without `count` a permutation.
 * @throws GradientError `COUNT_OUT_OF_RANGE`, `NOT_FINITE`.
 * Cost: O(D), and a radix sort of `count` entries, least significant digit first.
 */
export function rankLargest(gradient: Float32Array, count = gradient.length): Uint32Array {
  checkCount(gradient, count);
  const magnitudes = magnitudesOf(gradient);
  let ranking: Uint32Array = largestIndices(magnitudes, count);
  let sorted: Uint32Array = new Uint32Array(count);
  for (const { shift, bits: width } of passes.toReversed()) {
    const digits = (1 << width) - 1;
    const starts = new Uint32Array(digits + 2);
    // Counted by what is left to the largest digit, so that the largest come first.
    for (let at = 0; at < count; at++) starts[digits - ((magnitudes[ranking[at]] >>> shift) & digits) + 1]++;
    for (let digit = 1; digit <= digits; digit++) starts[digit] += starts[digit - 1];
    for (let at = 0; at < count; at++) {
      const index = ranking[at];
      sorted[starts[digits - ((magnitudes[index] >>> shift) & digits)]++] = index;
    }
    [ranking, sorted] = [sorted, ranking];
  }
  return ranking;
}

function checkCount(gradient: Float32Array, count: number): void {
  if (Number.isInteger(count) && count >= 0 && count <= gradient.length) return;
  throw new GradientError('COUNT_OUT_OF_RANGE', `Cannot keep ${count} of ${gradient.length} entries.`, {
    fault: 'self',
  });
}

/** Indices of the `count` largest magnitudes, ascending; of equal ones the lower. uint32 [count]. */
function largestIndices(magnitudes: Uint32Array, count: number): Uint32Array {
  const indices = new Uint32Array(count);
  if (count === 0) return indices;
  let { threshold, atThreshold } = thresholdOf(magnitudes, count);
  let at = 0;
  for (let index = 0; index < magnitudes.length; index++) {
    const magnitude = magnitudes[index];
    if (magnitude > threshold || (magnitude === threshold && atThreshold-- > 0)) indices[at++] = index;
  }
  return indices;
}

/** The bits of |x|, which order as the values do; uint32 [D]. @throws GradientError `NOT_FINITE`. */
function magnitudesOf(gradient: Float32Array): Uint32Array {
  const bits = new Uint32Array(gradient.buffer, gradient.byteOffset, gradient.length);
  const magnitudes = new Uint32Array(gradient.length);
  for (let index = 0; index < bits.length; index++) {
    magnitudes[index] = bits[index] & 0x7fffffff;
    if (magnitudes[index] >= INFINITY) {
      throw new GradientError('NOT_FINITE', `Entry ${index} of the gradient is no finite number.`, { fault: 'self' });
    }
  }
  return magnitudes;
}

/** Magnitude of the `count`-th largest entry, and how many entries of exactly that magnitude belong to the largest. */
function thresholdOf(magnitudes: Uint32Array, count: number): { threshold: number; atThreshold: number } {
  let candidates = magnitudes;
  let threshold = 0;
  let atThreshold = count;
  for (const { shift, bits: width } of passes) {
    const histogram = new Uint32Array(1 << width);
    const digits = histogram.length - 1;
    for (let index = 0; index < candidates.length; index++) histogram[(candidates[index] >>> shift) & digits]++;
    let digit = digits;
    while (histogram[digit] < atThreshold) atThreshold -= histogram[digit--];
    threshold |= digit << shift;
    // Only entries of this digit are still undecided.
    const undecided = new Uint32Array(histogram[digit]);
    let at = 0;
    for (let index = 0; index < candidates.length; index++) {
      if (((candidates[index] >>> shift) & digits) === digit) undecided[at++] = candidates[index];
    }
    candidates = undecided;
  }
  return { threshold, atThreshold };
}
