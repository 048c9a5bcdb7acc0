/**
 * The download budget is all that is offered, or nothing.
 * @module
 */
import type { DownloadBudget } from './budget.ts';

/** d_i = Σ_j ⌊λ_j·|w|⌋ "if d_i < p_i" (Algorithm 2, line 1): a party whose points do not suffice for all waits until they do. */
export const spendOffered: DownloadBudget = (points, others) => {
  const offered = others.reduce((sum, { cap }) => sum + BigInt(cap), 0n);
  return offered < points ? offered : 0n;
};
