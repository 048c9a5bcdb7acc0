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

/**
 * Keeps the `count` entries of largest **absolute** value and zeroes the rest; of equal ones, those of lower index.
 * @param gradient - Δw_j, float32 [D], finite.
 * @param count - d, 0 ≤ d ≤ D.
 * @returns Δw̃_j, float32 [D], with at most d non-zero entries.
 * @throws GradientError `COUNT_OUT_OF_RANGE`, `NOT_FINITE`.
 * Cost: O(D): radix selection on the bits of |x|, which order as the values do.
 */
export function selectLargest(gradient: Float32Array, count: number): Float32Array {
  if (!Number.isInteger(count) || count < 0 || count > gradient.length) {
    throw new GradientError('COUNT_OUT_OF_RANGE', `Cannot keep ${count} of ${gradient.length} entries.`, {
      fault: 'self',
    });
  }
  const magnitudes = new Uint32Array(gradient.length);
  const bits = new Uint32Array(gradient.buffer, gradient.byteOffset, gradient.length);
  for (let index = 0; index < bits.length; index++) {
    magnitudes[index] = bits[index] & 0x7fffffff;
    if (magnitudes[index] >= 0x7f800000) {
      throw new GradientError('NOT_FINITE', `Entry ${index} of the gradient is no finite number.`, { fault: 'self' });
    }
  }
  const selected = new Float32Array(gradient.length);
  if (count === 0) return selected;

  // Narrow down the magnitude of the count-th largest entry, pass by pass.
  let threshold = 0;
  let atThreshold = count;
  for (const { shift, bits: width } of passes) {
    const histogram = new Uint32Array(1 << width);
    const above = shift + width;
    for (const magnitude of magnitudes) {
      if (above === 31 || magnitude >>> above === threshold >>> above)
        histogram[(magnitude >>> shift) & (histogram.length - 1)]++;
    }
    let digit = histogram.length - 1;
    while (histogram[digit] < atThreshold) atThreshold -= histogram[digit--];
    threshold |= digit << shift;
  }
  for (let index = 0; index < gradient.length; index++) {
    const magnitude = magnitudes[index];
    if (magnitude > threshold || (magnitude === threshold && atThreshold-- > 0)) selected[index] = gradient[index];
  }
  return selected;
}
