/**
 * Local credibility c_i^j: how much party i thinks of each other party (Algorithm 1, line 4; Algorithm 2, lines 4–6).
 * A vector is indexed by party id; the party itself and those outside the credible set hold 0.
 * @module
 */
import type { Consortium } from '../consortium.ts';
import type { PartyId } from '../types.ts';

/**
 * c_i^j ← c_i^j / Σ_{j ∈ C∖i} c_i^j. When nobody has any credibility, everybody has the same.
 * @param others - C∖i: the parties that take part in the sum.
 */
export function normaliseCredibility(credibility: readonly number[], others: readonly PartyId[]): number[] {
  const normalised = credibility.map(() => 0);
  const total = others.reduce((sum, party) => sum + credibility[party], 0);
  for (const party of others) normalised[party] = total > 0 ? credibility[party] / total : 1 / others.length;
  return normalised;
}

/**
 * c_i^j ← fade·c_i^j + (1 − fade)·c_i^j′, the paper's fade being 0.2 (Algorithm 2, line 4). `old` is normalised; whether
 * `fresh` is, is the rule's choice (updates/).
 */
export function fadeCredibility(old: readonly number[], fresh: readonly number[], fade: number): number[] {
  return fresh.map((value, party) => fade * old[party] + (1 - fade) * value);
}

/**
 * c_th, of a party that states so many examples: the paper's ⅔ of an equal share for all, unless small parties have
 * their own.
 * @param parties - |C|.
 */
export function thresholdOf(terms: Consortium['credibility'], examples: number, parties: number): number {
  const { thresholdShare, smallParties: small } = terms;
  // deviation: by the paper's one threshold small honest parties are banned like bad ones.
  const isSmall = small !== undefined && examples >= small.from && examples < small.below;
  return (isSmall ? small.thresholdShare : thresholdShare) / parties;
}
