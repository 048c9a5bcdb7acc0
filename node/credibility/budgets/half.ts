/**
 * The download budget is half of the balance.
 * @module
 */
import type { DownloadBudget } from './budget.ts';

/** d_i = ⌈p_i / 2⌉: who earned nothing in a round can still order in the next. */
export const spendHalf: DownloadBudget = (points) => (points + 1n) / 2n;
