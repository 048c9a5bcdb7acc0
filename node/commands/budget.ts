/**
 * What a node's records have cost so far, for people: the privacy budget as this machine's nodes keep it.
 * @module
 */
import { type NodeConfig, readConsortium } from '../config.ts';
import { readExamples } from '../dataset/readExamples.ts';
import { DppdlError } from '../errors.ts';
import { type BudgetState, openBudgetLedger } from '../privacy/budget.ts';
import { openBudgetFile } from '../privacy/budgetFile.ts';

/** The budget of the records a configuration names, or why it cannot be told. */
export async function readBudget(config: NodeConfig): Promise<BudgetState | { readonly unknown: string }> {
  try {
    const { inputs: scale } = await readConsortium(config.consortium);
    const { train } = await readExamples(config.data, scale);
    const journal = openBudgetFile(config.privacy.folder, {
      inputs: train.inputs,
      records: train.labels.length,
      scale,
    });
    try {
      return openBudgetLedger({ budget: config.privacy, journal }).state();
    } finally {
      journal.close();
    }
  } catch (error) {
    if (error instanceof DppdlError) return { unknown: error.message };
    throw error;
  }
}

/** One line of it, with where it was read: each user has a folder of its own unless the configuration names one. */
export function budgetText(state: BudgetState | { readonly unknown: string }, folder: string): string {
  if ('unknown' in state) return `unknown: ${state.unknown}`;
  const { budget, epsilon, labels, gradients } = state;
  return `ε = ${epsilon.toPrecision(3)} of ${budget.epsilon} spent at δ = ${budget.delta}; outside it ${labels} labels given and ${gradients} gradient entries sent; from ${folder}`;
}
