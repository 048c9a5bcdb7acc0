/**
 * What a rule about a party's download budget knows.
 * @module
 */
import type { Party } from '../../types.ts';

/**
 * d_i: how many entries a party wants in a round, at most its points.
 * @param points - p_i ≥ 0.
 * @param others - the parties it may order from, with what each gives at most (⌊λ_j·|w|⌋).
 */
export type DownloadBudget = (points: bigint, others: readonly Pick<Party, 'cap'>[]) => bigint;
