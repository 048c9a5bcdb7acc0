/**
 * The download budget is the whole balance.
 * @module
 */
import type { DownloadBudget } from './budget.ts';

/** d_i = p_i: points circulate, and what one party spends the others earn. */
// deviation: the paper's "if d_i < p_i" leaves open what d_i is.
export const spendBalance: DownloadBudget = (points) => points;
