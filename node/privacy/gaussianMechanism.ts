/**
 * The Gaussian mechanism in closed form: a release of L2 sensitivity Δ with noise of standard deviation σ is μ-GDP,
 * μ = Δ/σ, releases compose as μ² = Σ μᵢ², and μ converts to (ε, δ) exactly (Balle & Wang 2018, Theorem 8;
 * Dong, Roth & Su 2022, Corollary 2.13).
 * @module
 */
import { requireParameter } from './errors.ts';
import type { Mechanism } from './mechanism.ts';
import { logUpperTail, upperTail } from './normal.ts';

/**
 * δ(ε) of a μ-GDP release: Φ(−ε/μ + μ/2) − e^ε·Φ(−ε/μ − μ/2).
 * @param mu - μ ≥ 0; 0 means nothing is released.
 * @param epsilon - ε ≥ 0.
 */
export function gaussianDelta(mu: number, epsilon: number): number {
  requireParameter(mu >= 0, 'mu', mu, 'at least 0');
  requireParameter(epsilon >= 0, 'epsilon', epsilon, 'at least 0');
  if (mu === 0) return 0;
  const first = upperTail(epsilon / mu - mu / 2);
  const second = Math.exp(epsilon + logUpperTail(epsilon / mu + mu / 2));
  return Math.max(0, first - second);
}

/**
 * Smallest ε with δ(ε) ≤ `delta`, rounded up by at most 1e-12 relative.
 * @param mu - μ ≥ 0.
 * @param delta - δ, 0 < δ < 1.
 */
export function gaussianEpsilon(mu: number, delta: number): number {
  requireParameter(delta > 0 && delta < 1, 'delta', delta, 'between 0 and 1');
  if (gaussianDelta(mu, 0) <= delta) return 0;
  let high = 1;
  while (gaussianDelta(mu, high) > delta) high *= 2;
  return bisect(0, high, (epsilon) => gaussianDelta(mu, epsilon) <= delta);
}

/**
 * Largest μ with δ(ε) ≤ `delta` at the wanted ε, rounded down by at most 1e-12 relative.
 * @param epsilon - ε > 0.
 * @param delta - δ, 0 < δ < 1.
 */
export function gaussianMu(epsilon: number, delta: number): number {
  requireParameter(epsilon > 0 && Number.isFinite(epsilon), 'epsilon', epsilon, 'above 0 and finite');
  requireParameter(delta > 0 && delta < 1, 'delta', delta, 'between 0 and 1');
  // 1/μ is bisected, so that the result is rounded towards more noise.
  let high = 1;
  while (gaussianDelta(1 / high, epsilon) > delta) high *= 2;
  return 1 / bisect(0, high, (sigma) => sigma > 0 && gaussianDelta(1 / sigma, epsilon) <= delta);
}

/**
 * The mechanism that stands for a release of which only (ε, δ) is known: the Gaussian with that ε at that δ. Exact for
 * generators calibrated as Gaussian releases; for others record their own mechanisms.
 */
export function gaussianRelease(epsilon: number, delta: number): Mechanism {
  return { sampleRate: 1, noiseMultiplier: 1 / gaussianMu(epsilon, delta), steps: 1 };
}

/** Smallest x in (low, high] with `holds(x)`, for a predicate that holds from some point on; returns a point where it holds. */
function bisect(low: number, high: number, holds: (x: number) => boolean): number {
  let below = low;
  let above = high;
  while (above - below > 1e-13 * above) {
    const middle = (below + above) / 2;
    if (middle <= below || middle >= above) break;
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}
