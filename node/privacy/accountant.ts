/**
 * The accountant's front door: ε of any mix of mechanisms by each method, and the noise a wanted (ε, δ) needs.
 * @module
 */
import { latticeDelta } from './discreteGaussian.ts';
import { PrivacyError, requireParameter } from './errors.ts';
import { gaussianMu } from './gaussianMechanism.ts';
import { tightEpsilon } from './lossDistribution.ts';
import type { Mechanism } from './mechanism.ts';
import { momentsEpsilon, ORDERS, renyiEpsilon, WHOLE_ORDERS } from './renyi.ts';

/** ε of the same releases by each method; all are true upper bounds, the first is the smallest. */
export interface EpsilonReport {
  /** Privacy-loss distribution, certified upper bound within 1e-3 of exact; what the product states. */
  readonly tight: number;
  /** Rényi, fractional orders, improved conversion. */
  readonly renyi: number;
  /** The moments accountant of 2016, as the paper used it. */
  readonly moments: number;
}

/** Whether δ alone would allow to show more than a tenth of a record: it should be well below 1/N. */
export function isLargeDelta(delta: number, records: number): boolean {
  return delta * records > 0.1;
}

/** ε at `delta` of all mechanisms together, adaptively composed, for one original record added or removed. */
export function accountFor(mechanisms: readonly Mechanism[], delta: number): EpsilonReport {
  return {
    tight: tightEpsilon(mechanisms, delta),
    renyi: renyiEpsilon(mechanisms, delta),
    moments: momentsEpsilon(mechanisms, delta),
  };
}

/** What {@link calibrateNoise} is asked for. */
export interface CalibrationTarget {
  readonly epsilon: number;
  readonly delta: number;
  readonly sampleRate: number;
  readonly steps: number;
  /** Other releases the same (ε, δ) has to cover. */
  readonly besides?: readonly Mechanism[];
}

/** How ε is computed during calibration. */
export type EpsilonMethod = 'tight' | 'renyi';

/** Noise multipliers tried. */
const LEAST_NOISE = 1e-2;
const MOST_NOISE = 1e6;

/**
 * The smallest noise multiplier with which `steps` steps at `sampleRate` stay within (ε, δ), rounded up by at most
 * 1e-4 relative (`renyi`: 1e-9). The bound is checked at the value returned.
 * @throws PrivacyError `UNREACHABLE` if no multiplier up to 10⁶ is enough; `INVALID_PARAMETER`.
 */
export function calibrateNoise(target: CalibrationTarget, method: EpsilonMethod = 'tight'): number {
  const { epsilon, delta, sampleRate, steps, besides = [] } = target;
  requireParameter(epsilon > 0 && Number.isFinite(epsilon), 'epsilon', epsilon, 'above 0 and finite');
  requireParameter(delta > 0 && delta < 1, 'delta', delta, 'between 0 and 1');
  if (method === 'tight' && sampleRate === 1 && besides.length === 0)
    return Math.sqrt(steps) / gaussianMu(epsilon, delta);
  const epsilonAt = (noiseMultiplier: number, by: EpsilonMethod): number => {
    const mechanisms = [...besides, { sampleRate, noiseMultiplier, steps }];
    return by === 'tight' ? tightEpsilon(mechanisms, delta) : renyiEpsilon(mechanisms, delta);
  };
  // The Rényi bound is cheap and needs at most some 15 % more noise: it brackets the tight one from above.
  let high = 1;
  while (epsilonAt(high, 'renyi') > epsilon) {
    high *= 2;
    if (high > MOST_NOISE) {
      throw new PrivacyError('UNREACHABLE', `No noise gives ε = ${epsilon} at δ = ${delta} for ${steps} steps.`, {
        fault: 'self',
        action: 'Raise ε or take fewer steps.',
        meta: { epsilon, delta, sampleRate, steps },
      });
    }
  }
  high = smallestNoise(LEAST_NOISE, high, 1e-10, (sigma) => epsilonAt(sigma, 'renyi') <= epsilon);
  if (method === 'renyi') return high;
  return interpolateNoise(high, epsilon, (sigma) => epsilonAt(sigma, 'tight'));
}

/**
 * The smallest value up to `high`, within 1e-4, whose ε suffices. ln ε falls almost linearly with ln σ, so a secant
 * finds the place and two trials beside it close the bracket: five evaluations instead of fifteen.
 */
function interpolateNoise(high: number, epsilon: number, epsilonAt: (sigma: number) => number): number {
  const tolerance = 1e-4;
  let enough = { sigma: high, epsilon: epsilonAt(high) };
  let below = { sigma: 0.85 * high, epsilon: epsilonAt(0.85 * high) };
  while (below.epsilon <= epsilon && below.sigma > LEAST_NOISE) {
    enough = below;
    below = { sigma: 0.85 * below.sigma, epsilon: epsilonAt(0.85 * below.sigma) };
  }
  for (let trial = 0; enough.sigma - below.sigma > tolerance * enough.sigma; trial++) {
    const slope = Math.log(enough.sigma / below.sigma) / Math.log(enough.epsilon / below.epsilon);
    const secant = below.sigma * (epsilon / below.epsilon) ** slope;
    const aside = (trial % 2 === 0 ? 1 : -1) * (tolerance / 3) * secant;
    const inside = secant + aside > below.sigma && secant + aside < enough.sigma && trial < 12;
    const sigma = inside ? secant + aside : (below.sigma + enough.sigma) / 2;
    const point = { sigma, epsilon: epsilonAt(sigma) };
    if (point.epsilon <= epsilon) enough = point;
    else below = point;
  }
  return enough.sigma;
}

/** Share of δ the lattice may use up before another argument is taken. */
const LATTICE_SHARE = 0.1;

/**
 * μ that `draws` values of discrete Gaussian noise may spend to keep (ε, δ). For large ε (12 at δ = 1e-5) the lattice's share of
 * δ grows beyond use; there the discrete Gaussian's own Rényi bound counts (Canonne, Kamath & Steinke 2020,
 * Proposition 5: the same as the continuous one's), at some 7 % more noise.
 */
export function latticeMu(epsilon: number, delta: number, draws: number): number {
  const lattice = latticeDelta(draws, epsilon);
  if (lattice <= LATTICE_SHARE * delta) return gaussianMu(epsilon, delta - lattice);
  return 1 / calibrateNoise({ epsilon, delta, sampleRate: 1, steps: 1 }, 'renyi');
}

/**
 * ε at `delta` of mechanisms whose noise was `draws` values of the discrete Gaussian: the tight ε at what the lattice
 * leaves of δ. Where it leaves too little, the Rényi bound, which on the lattice is the continuous
 * one: at every order for whole sums (Canonne, Kamath & Steinke 2020, Proposition 5), at whole orders for sampled ones,
 * whose moments are sums of E[(P/Q)^k], and the theta functions in those cancel for whole shifts.
 * @param expected - an ε that this may not exceed, tried first: what was calibrated to it is found within it.
 */
export function latticeEpsilon(
  mechanisms: readonly Mechanism[],
  draws: number,
  delta: number,
  expected: number,
): number {
  for (const guess of [expected, tightEpsilon(mechanisms, (1 - LATTICE_SHARE) * delta)]) {
    const lattice = latticeDelta(draws, guess);
    if (lattice > LATTICE_SHARE * delta) continue;
    const epsilon = tightEpsilon(mechanisms, delta - lattice);
    if (epsilon <= guess) return epsilon;
  }
  const sampled = mechanisms.some(({ sampleRate }) => sampleRate < 1);
  return renyiEpsilon(mechanisms, delta, sampled ? WHOLE_ORDERS : ORDERS);
}

/** δ that is left for a sampled mechanism on the lattice. @throws PrivacyError `UNREACHABLE` for large ε (9 for three million draws at δ = 1e-5). */
export function latticeRest(epsilon: number, delta: number, draws: number): number {
  const lattice = latticeDelta(draws, epsilon);
  if (lattice <= LATTICE_SHARE * delta) return delta - lattice;
  throw new PrivacyError(
    'UNREACHABLE',
    `ε = ${epsilon} is too large to be certified for noisy training at δ = ${delta}.`,
    {
      fault: 'self',
      action: 'Ask for a smaller ε, or use the gaussian generator.',
      meta: { epsilon, delta, draws },
    },
  );
}

/** Bisects for the smallest value in (low, high] that suffices; `high` must. */
function smallestNoise(low: number, high: number, tolerance: number, suffices: (sigma: number) => boolean): number {
  let below = low;
  let enough = high;
  while (enough - below > tolerance * enough) {
    const middle = (below + enough) / 2;
    if (suffices(middle)) enough = middle;
    else below = middle;
  }
  return enough;
}
