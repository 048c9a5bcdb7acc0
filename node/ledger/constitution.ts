/**
 * What a ledger is deployed with: the consortium's facts, and terms that concern the ledger alone.
 * @module
 */
import { hexlify } from 'ethers';
import type { Facts } from '../../sdk/types.ts';
import { type Consortium, consortiumHash } from '../consortium.ts';

/** Terms that the consortium file does not fix; what is left out has a default. */
export interface LedgerTerms {
  /** Forming ends as soon as this many have joined; the number of members unless told. */
  readonly startParties?: number | undefined;
  /** Fewest that start without the others after the forming deadline; one more than `minProviders` unless told. */
  readonly minParties?: number | undefined;
  /** Most parties ever; 256 unless told. */
  readonly maxParties?: number | undefined;
  /** A party reported by more than this share of the credible set, in 1/1000, is removed; 500 unless told. */
  readonly removalPermille?: number | undefined;
  /** Points each side of a claim puts at stake; a hundredth of |w| unless told. */
  readonly claimDeposit?: bigint | undefined;
  /** How long a provider may take to answer a claim, in seconds; an hour unless told. */
  readonly answerSeconds?: number | undefined;
  /** How long the others may take to vote on it, in seconds; an hour unless told. */
  readonly voteSeconds?: number | undefined;
}

const HOUR = 3_600;

/**
 * The facts of a consortium's ledger.
 * @param parameterCount - |w| of the consortium's model.
 * @param members - how many accounts the constitution names.
 */
export function factsOf(
  consortium: Consortium,
  parameterCount: number,
  members: number,
  terms: LedgerTerms = {},
): Facts {
  const { aggregation, credibility, deadlines, rounds } = consortium;
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
    claimDeposit: terms.claimDeposit ?? BigInt(Math.max(1, Math.floor(parameterCount / 100))),
  };
}
