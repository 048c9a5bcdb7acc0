/**
 * The algorithm's book of releases, kept in the node's privacy budget.
 * @module
 */
import type { Releases } from './algorithm/ports.ts';
import type { BudgetLedger } from './privacy/budget.ts';
import type { PlannedRelease } from './samples/gaussian.ts';

/** The book as the algorithm and the sample generators write it. */
export interface BudgetedReleases extends Releases {
  /** @throws PrivacyError `OUT_OF_BUDGET`; then no samples may be made. */
  samples(release: PlannedRelease): Promise<void>;
}

/** Writes every release to the budget, with its cost or with what protects it instead. */
export function createReleases(budget: BudgetLedger): BudgetedReleases {
  return {
    async samples({ generator, count, mechanisms, draws }) {
      budget.record({
        what: 'samples',
        generator,
        count,
        mechanisms: [...mechanisms],
        draws,
        protection: 'differential privacy',
      });
    },
    async labels(release) {
      const protection = 'only class labels leave, and only to the party whose samples they are';
      budget.record({ what: 'labels', ...release, protection });
    },
    async gradients(release) {
      const protection = 'encrypted; the receiver sees only the sum over all providers';
      budget.record({ what: 'gradients', ...release, protection });
    },
  };
}
