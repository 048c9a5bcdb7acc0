/**
 * What a rule about the number of providers knows, all as it was when the round began. It is on the ledger, so that every
 * provider can hold every requester to it.
 * @module
 */
import type { Party } from '../../types.ts';

/** A requester's place in one round. */
export interface Standing {
  readonly requester: Pick<Party, 'samples'>;
  /** C∖i. */
  readonly others: readonly Pick<Party, 'samples'>[];
  /** t, 1 … rounds. */
  readonly round: number;
  readonly rounds: number;
  readonly minProviders: number;
}

/** The most providers a requester may order from in a round, 0 … others. */
export type ProviderLimit = (standing: Standing) => number;
