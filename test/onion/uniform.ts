/**
 * Tests of uniformity. Their inputs are repeatable, so they always pass or always fail; with fresh inputs each
 * comparison would fail by chance once in 500,000 times (one-sided normal quantile 4.6, Wilson and Hilferty 1931).
 * @module
 */
import { wordMask } from '../../node/gradient/fixedPoint.ts';

const QUANTILE = 4.6;

/** Whether χ² with so many degrees of freedom is no larger than chance allows. */
function isOrdinary(statistic: number, freedom: number): boolean {
  const spread = 2 / (9 * freedom);
  return statistic <= freedom * (1 - spread + QUANTILE * Math.sqrt(spread)) ** 3;
}

function histogram(words: Uint32Array, cells: number): Float64Array {
  const counts = new Float64Array(cells);
  for (const word of words) counts[word % cells]++;
  return counts;
}

/** χ² of words against the uniform distribution over `cells` values; expect cells − 1. */
export function chiSquare(words: Uint32Array, cells: number): number {
  const expected = words.length / cells;
  return histogram(words, cells).reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Whether words pass as uniform modulo 2^bits: one by one, and their differences from the word before. */
export function looksUniform(words: Uint32Array, bits: number): boolean {
  const cells = 2 ** Math.min(bits, 8);
  const steps = words.map((word, at) => (word - words[Math.max(0, at - 1)]) & wordMask(bits)).subarray(1);
  return [words, steps].every((sample) => isOrdinary(chiSquare(sample, cells), cells - 1));
}

/** Whether two samples pass as drawn from one distribution (two-sample χ²). */
export function looksAlike(one: Uint32Array, other: Uint32Array, bits: number): boolean {
  const cells = 2 ** Math.min(bits, 8);
  const [a, b] = [histogram(one, cells), histogram(other, cells)];
  const ratio = Math.sqrt(one.length / other.length);
  const statistic = a.reduce((sum, count, cell) => sum + (count / ratio - b[cell] * ratio) ** 2 / (count + b[cell]), 0);
  return isOrdinary(statistic, cells - 1);
}
