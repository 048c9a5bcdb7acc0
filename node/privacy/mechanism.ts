/**
 * The one mechanism everything here is built from: sum clipped vectors of a Poisson sample of the records, add Gaussian
 * noise, repeat. Privacy unit: one original record, added or removed.
 * @module
 */
import { requireParameter } from './errors.ts';

/** `steps` releases of a noisy sum over a fresh Poisson sample each. */
export interface Mechanism {
  /** Probability q with which each record enters a step's sum, 0 < q ≤ 1; 1 means every record always does. */
  readonly sampleRate: number;
  /** Standard deviation of the noise over the largest norm of one record's vector, > 0. */
  readonly noiseMultiplier: number;
  /** Number of releases, ≥ 1. */
  readonly steps: number;
}

/** Throws `INVALID_PARAMETER` unless the mechanism's numbers are in range. */
export function requireMechanism({ sampleRate, noiseMultiplier, steps }: Mechanism): void {
  requireParameter(sampleRate > 0 && sampleRate <= 1, 'sampleRate', sampleRate, 'above 0 and at most 1');
  const validNoise = noiseMultiplier > 0 && Number.isFinite(noiseMultiplier);
  requireParameter(validNoise, 'noiseMultiplier', noiseMultiplier, 'above 0 and finite');
  requireParameter(Number.isSafeInteger(steps) && steps >= 1, 'steps', steps, 'a positive integer');
}

/**
 * ln of the density ratio of the mixture (1−q)·N(0, σ²) + q·N(1, σ²) to N(0, σ²) at `x`: the privacy loss of one step
 * when the record is there and the output, in units of the clip norm, is x.
 */
export function privacyLoss(x: number, sampleRate: number, noiseMultiplier: number): number {
  const exponent = (x - 0.5) / noiseMultiplier ** 2;
  if (exponent > 1) return exponent + Math.log(sampleRate + (1 - sampleRate) * Math.exp(-exponent));
  return Math.log1p(sampleRate * Math.expm1(exponent));
}

/** The x at which the privacy loss is `loss`; −∞ below the smallest loss, ln(1−q). Inverse of {@link privacyLoss}. */
export function outputOfLoss(loss: number, sampleRate: number, noiseMultiplier: number): number {
  const ratio = Math.expm1(loss) / sampleRate;
  if (ratio <= -1) return Number.NEGATIVE_INFINITY;
  return 0.5 + noiseMultiplier ** 2 * Math.log1p(ratio);
}
