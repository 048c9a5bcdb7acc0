/**
 * The ranges of a table's features as its owner declared them, in the units generators work in.
 * @module
 */
import type { Normalisation, Range } from './basis.ts';

/** CSV columns become values in [0, 1] by the ranges and categories that the table's description declares. */
const DECLARED_BY_TABLE: readonly Range[] = [[0, 1]];

/**
 * Normalised ranges of all features.
 * @param declared - ranges before normalisation, one per feature or one for all; absent: those the format implies.
 * @returns undefined where nothing is declared: pictures, and tables in formats that say nothing about their values.
 */
export function rangesOf(
  declared: readonly Range[] | undefined,
  { format }: { readonly format: string },
  { shape, mean, stdDev }: Normalisation & { readonly shape: readonly number[] },
): Range[] | undefined {
  const ranges = declared ?? (format === 'csv' ? DECLARED_BY_TABLE : undefined);
  if (ranges === undefined || shape.length === 3) return undefined;
  const features = shape.reduce((product, size) => product * size, 1);
  const each = ranges.length === 1 ? Array.from({ length: features }, () => ranges[0]) : ranges;
  return each.map(([low, high]) => [(low - mean) / stdDev, (high - mean) / stdDev]);
}
