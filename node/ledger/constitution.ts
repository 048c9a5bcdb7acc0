/**
 * What a ledger is deployed with, all of it from the consortium file.
 * @module
 */
import { hexlify } from 'ethers';
import type { Facts } from '../../sdk/types.ts';
import { type Consortium, consortiumHash } from '../consortium.ts';

const HOUR = 3_600;

/** The facts by name. */
export const factNames = [
  'consortiumHash',
  'parameterCount',
  'rounds',
  'graceRounds',
  'removalPermille',
  'minProviders',
  'minParties',
  'startParties',
  'maxParties',
  'formSeconds',
  'benchmarkSeconds',
  'orderSeconds',
  'deliverSeconds',
  'evaluateSeconds',
  'answerSeconds',
  'voteSeconds',
  'claimDeposit',
] as const satisfies readonly (keyof Facts)[];

/**
 * The facts of a consortium's ledger.
 * @param parameterCount - |w| of the consortium's model.
 * @param members - how many accounts are to start it, unless the file says so.
 */
export function factsOf(consortium: Consortium, parameterCount: number, members: number): Facts {
  const { aggregation, credibility, deadlines, rounds, ledger: terms = {} } = consortium;
  const minParties = terms.minParties ?? aggregation.minProviders + 1;
  return {
    consortiumHash: hexlify(consortiumHash(consortium)),
    parameterCount,
    rounds,
    graceRounds: credibility.graceRounds,
    removalPermille: terms.removalPermille ?? 500,
    minProviders: aggregation.minProviders,
    minParties,
    startParties: terms.startParties ?? Math.max(members, minParties),
    maxParties: terms.maxParties ?? 256,
    formSeconds: deadlines.form,
    benchmarkSeconds: deadlines.benchmark,
    orderSeconds: deadlines.order,
    deliverSeconds: deadlines.deliver,
    evaluateSeconds: deadlines.evaluate,
    answerSeconds: terms.answerSeconds ?? HOUR,
    voteSeconds: terms.voteSeconds ?? HOUR,
    claimDeposit: BigInt(terms.claimDeposit ?? Math.max(1, Math.floor(parameterCount / 100))),
  };
}
