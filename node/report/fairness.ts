/**
 * Fairness of a collaboration (§4.3, equation 3).
 * @module
 */

/** Distances from the mean in units of the largest, so that no product of them underflows; undefined if all are 0. */
function deviations(values: readonly number[]): number[] | undefined {
  // Their mean need not be exactly the value they share.
  if (values.every((value) => value === values[0])) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const distances = values.map((value) => value - mean);
  const largest = Math.max(...distances.map(Math.abs));
  return largest > 0 ? distances.map((distance) => distance / largest) : undefined;
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, index) => sum + value * b[index], 0);

/**
 * Pearson's correlation of contributions and accuracies, −1 … 1; the higher, the fairer.
 * @param contributions - x: sharing levels or data sizes, one per party.
 * @param accuracies - y: final test accuracies, one per party.
 * @returns null where it is not defined: fewer than two parties, or all equal.
 */
export function fairness(contributions: readonly number[], accuracies: readonly number[]): number | null {
  const [x, y] = [deviations(contributions), deviations(accuracies)];
  if (x === undefined || y === undefined) return null;
  const r = dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
  return Math.max(-1, Math.min(1, r));
}
