/**
 * Algorithm 2, line 3: from w_i, Δw_i and the others' sum to w_i′.
 * @module
 */
import { type Consortium, scheduleAt } from '../consortium.ts';
import { sharedValues } from '../gradient/shared.ts';
import { acceptSum } from './acceptance.ts';
import { addMean } from './aggregation/mean.ts';
import type { AggregationRule } from './aggregation/rule.ts';
import { addSum } from './aggregation/sum.ts';
import { credibleOthers, type Member, selfOf } from './member.ts';
import type { LedgerState } from './ports.ts';

/** The consortium's aggregation rules by name. */
const rules: Record<Consortium['aggregation']['rule'], AggregationRule> = { sum: addSum, mean: addMean };

/** What local training and the exchange brought; float32 [D] each. */
export interface Gains {
  /** Δw_i. */
  readonly gradient: Float32Array;
  /** ΣΔw̃_j. */
  readonly sum: Float32Array;
}

/**
 * Updates this party's parameters, as far as they stand the acceptance check.
 * @param state - the ledger after the deliver phase.
 * @param parameters - w_i, float32 [D].
 * @returns w_i′, float32 [D].
 */
export async function updateParameters(
  member: Member,
  state: LedgerState,
  round: number,
  parameters: Float32Array,
  { gradient, sum }: Gains,
): Promise<Float32Array> {
  const { rounds, aggregation } = member.consortium;
  const self = await selfOf(member);
  const shared = sharedValues(gradient, {
    round,
    provider: self,
    cap: state.parties[self].cap,
    clamp: scheduleAt(aggregation.clamp, round, rounds),
    levels: aggregation.levels,
  });
  const parties = credibleOthers(state, self).length + 1;
  const updateBy = (given: Float32Array) =>
    rules[aggregation.rule]({ parameters, gradient, shared, sum: given, parties });
  // Without the sum the step is as small as with it: a whole local step would lead away from the others' models.
  const accepted = await acceptSum(member, updateBy(sum), () => updateBy(new Float32Array(sum.length)));
  if (accepted.share < 1) {
    const message = accepted.share === 0 ? 'The sum was refused' : 'Half of the sum was taken';
    member.observe({ type: 'warning', round, code: 'SUM_HARMS', party: null, message });
  }
  return accepted.parameters;
}
