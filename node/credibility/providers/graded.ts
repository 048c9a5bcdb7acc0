/**
 * From how many providers a party may order: the more it contributes, the more, and the more so the later.
 * @module
 */
import type { ProviderLimit } from './limit.ts';

/** At round t of T a share of (t / T)^RAMP of the difference in contributions counts. */
const RAMP = 0.5;
/** Whoever contributes as much as this share of the parties do at most may order from all. */
const FULL = 0.9;

/**
 * round((1 − (1 − s)·√(t/T))·|C∖i|), at least one more than `minProviders` so that a sum outlives a provider that drops
 * out (`minProviders` where that would be more than half of the others), with s = u_i / (90 % quantile of u over C), at most 1.
 * u_i = λ_i·|D_i|, the samples a party publishes, grows with how much it shares and with how much it has; the quantile, so
 * that a tenth of the parties cannot hold the others down by what they state. All may order from nearly all at first, when
 * models are far from each other, and the best contributors always.
 */
// deviation: in the paper only points and credibility limit orders; models hardly depend on the number of entries they
// bring, but on the number of parties they come from.
export const gradedProviders: ProviderLimit = ({ requester, others, round, rounds, minProviders }) => {
  const contributions = [requester, ...others].map(({ samples }) => samples).sort((a, b) => a - b);
  const full = contributions[Math.round(FULL * (contributions.length - 1))];
  const share = 1 - (1 - Math.min(1, requester.samples / full)) * (round / rounds) ** RAMP;
  const fewest = Math.max(minProviders, Math.min(minProviders + 1, Math.floor(others.length / 2)));
  return Math.min(others.length, Math.max(fewest, Math.round(share * others.length)));
};
