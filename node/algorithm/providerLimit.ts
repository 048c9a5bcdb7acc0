/**
 * From how many providers a party may order in a round, by the consortium's rule and what the ledger shows.
 * @module
 */
import type { Consortium } from '../consortium.ts';
import { allProviders } from '../credibility/providers/all.ts';
import { gradedProviders } from '../credibility/providers/graded.ts';
import type { ProviderLimit } from '../credibility/providers/limit.ts';
import type { PartyId } from '../types.ts';
import { credibleOthers, type Member } from './member.ts';
import type { LedgerState } from './ports.ts';

/** The consortium's rules by name. */
const limits: Record<NonNullable<Consortium['aggregation']['providers']>, ProviderLimit> = {
  all: allProviders,
  graded: gradedProviders,
};

/** The most providers `requester` may order from in `round`, as the ledger stands. */
export function providerLimit(
  { consortium, facts }: Member,
  state: LedgerState,
  round: number,
  requester: PartyId,
): number {
  return limits[consortium.aggregation.providers ?? 'all']({
    requester: state.parties[requester],
    others: credibleOthers(state, requester),
    round,
    rounds: consortium.rounds,
    minProviders: facts.minProviders,
  });
}
