/**
 * Means, standard deviations and correlations over the runs of one row.
 * @module
 */
import { fairness } from '../../node/report/fairness.ts';
import type { PartyOutcome } from '../../node/simulation/experiment.ts';

/** Some numbers in short. */
export interface Spread {
  readonly count: number;
  /** NaN where there are none. */
  readonly mean: number;
  /** Standard deviation of the sample; 0 for a single number. */
  readonly sd: number;
  readonly least: number;
  readonly most: number;
}

/** Sums numbers up. */
export function spread(values: readonly number[]): Spread {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const sd = count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
  return { count, mean, sd, least: Math.min(...values), most: Math.max(...values) };
}

/** The mean of correlations that not every run has: "0.93 ± 0.04 (4 of 5 runs)". */
export function correlations(found: Spread, runs: number): string {
  const some = found.count < runs ? ` (${found.count} of ${runs} runs)` : '';
  return `${plusMinus(found, 2)}${some}`;
}

/** "94.42 ± 0.11"; the deviation only where there is more than one number. */
export function plusMinus({ count, mean, sd }: Spread, digits: number): string {
  if (count === 0) return '–';
  return count > 1 ? `${mean.toFixed(digits)} ± ${sd.toFixed(digits)}` : mean.toFixed(digits);
}

/**
 * Equation 3 over the honest parties that are still credible, and the control: the same with the accuracies reached
 * with no exchange. Null where not defined.
 */
export function fairnessOf(
  parties: readonly PartyOutcome[],
  contribution: 'sharingLevel' | 'examples',
): { readonly r: number | null; readonly control: number | null } {
  const counted = parties.filter(({ removed, behaviour }) => removed === null && behaviour === 'honest');
  const x = counted.map((party) => party[contribution]);
  const correlate = (y: readonly (number | null)[]) => {
    const known = y.filter((value) => value !== null);
    return known.length === y.length ? fairness(x, known) : null;
  };
  return {
    r: correlate(counted.map(({ accuracy }) => accuracy)),
    control: correlate(counted.map(({ alone }) => alone)),
  };
}
