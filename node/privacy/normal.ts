/**
 * The normal distribution's tails, accurate in relative terms however small they are.
 * @module
 */

/** Where the power series hands over to the continued fraction: both are accurate to 1e-12 there. */
const SERIES_LIMIT = 2;
/** ln √(2π). */
const LOG_SQRT_2PI = 0.9189385332046727;

/** Mass of the normal within ±|x|, divided by 2: φ(x)·Σ x^(2k+1)/(2k+1)!!. */
function centralHalf(x: number): number {
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return sum * Math.exp(-0.5 * x * x - LOG_SQRT_2PI);
}

/** Mills ratio Q(x)/φ(x) for x ≥ {@link SERIES_LIMIT}: Laplace's continued fraction 1/(x + 1/(x + 2/(x + 3/…))). */
function millsRatio(x: number): number {
  const terms = 20 + Math.ceil(800 / (x * x)); // enough for the last bit at every x ≥ 2
  let value = x;
  for (let k = terms; k >= 1; k--) value = x + k / value;
  return 1 / value;
}

/**
 * ln Q(x), Q(x) = P[Z > x] for a standard normal Z. Relative error of Q below 1e-12 for every finite x.
 * @returns −∞ at x = ∞, 0 at x = −∞.
 */
export function logUpperTail(x: number): number {
  if (x === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  if (x === Number.NEGATIVE_INFINITY) return 0;
  if (x >= SERIES_LIMIT) return Math.log(millsRatio(x)) - 0.5 * x * x - LOG_SQRT_2PI;
  if (x <= -SERIES_LIMIT) return Math.log1p(-Math.exp(logUpperTail(-x)));
  return Math.log(0.5 - centralHalf(x));
}

/** Q(x) = P[Z > x] for a standard normal Z; relative error below 1e-12 until it underflows. */
export function upperTail(x: number): number {
  if (Math.abs(x) < SERIES_LIMIT) return 0.5 - centralHalf(x);
  return Math.exp(logUpperTail(x));
}
