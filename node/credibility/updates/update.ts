/**
 * What a credibility rule knows. Vectors are indexed by party id.
 * @module
 */
import type { PartyId } from '../../types.ts';
import { normaliseCredibility } from '../credibility.ts';

/** One party's ratings of one round. */
export interface Ratings {
  /** c_i, normalised over `others`. */
  readonly old: readonly number[];
  /** c_i′: the share m/u of this round's samples that each labelled as the majority did; 0 for who is silent. */
  readonly fresh: readonly number[];
  /** C∖i. */
  readonly others: readonly PartyId[];
  /** Those of the others who gave no labels. */
  readonly silent: readonly PartyId[];
  /** Weight of the old. */
  readonly fade: number;
}

/** c_i after the round (Algorithm 2, line 4); the caller normalises it over the others once more (line 5). */
export type CredibilityUpdate = (ratings: Ratings) => number[];

/** Values of those who gave labels, normalised to what the silent leave; those keep what they had. */
// deviation: in the paper everybody labels.
export function normaliseHeard(
  values: readonly number[],
  { old, others, silent }: Pick<Ratings, 'old' | 'others' | 'silent'>,
): number[] {
  const heard = others.filter((id) => !silent.includes(id));
  const share = 1 - silent.reduce((sum, id) => sum + old[id], 0);
  const normalised = normaliseCredibility(
    old.map((_, id) => values[id] ?? 0),
    heard,
  );
  return normalised.map((value, id) => (silent.includes(id) ? old[id] : value * share));
}
