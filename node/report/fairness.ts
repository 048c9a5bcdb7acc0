/**
 * Fairness of a collaboration (§4.3, equation 3).
 * @module
 */

/**
 * Pearson's correlation of contributions and accuracies, −1 … 1; the higher, the fairer.
 * @param contributions - x: sharing levels or data sizes, one per party.
 * @param accuracies - y: final test accuracies, one per party.
 * @returns null where it is not defined: fewer than two parties, or all equal.
 */
export function fairness(contributions: readonly number[], accuracies: readonly number[]): number | null {
  const count = contributions.length;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / count;
  const [meanX, meanY] = [mean(contributions), mean(accuracies)];
  let covariance = 0;
  let varianceX = 0;
  let varianceY = 0;
  contributions.forEach((x, index) => {
    const [dx, dy] = [x - meanX, accuracies[index] - meanY];
    covariance += dx * dy;
    varianceX += dx * dx;
    varianceY += dy * dy;
  });
  const spread = Math.sqrt(varianceX * varianceY);
  return spread > 0 ? covariance / spread : null;
}
