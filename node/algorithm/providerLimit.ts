/**
 * From how many providers a party may order in a round, by the consortium's rule and what the ledger shows.
 * @module
 */
import type { Consortium } from '../consortium.ts';
import { allProviders } from '../credibility/providers/all.ts';
import { gradedProviders } from '../credibility/providers/graded.ts';
import type { ProviderLimit } from '../credibility/providers/limit.ts';
import type { PartyId } from '../types.ts';
import type { Member } from './member.ts';
import type { StartingParty } from './ports.ts';

/** The consortium's rules by name. */
const limits: Record<NonNullable<Consortium['aggregation']['providers']>, ProviderLimit> = {
  all: allProviders,
  graded: gradedProviders,
};

/**
 * The most providers `requester` may order from in `round`: the same for all who ask, whenever they do, as it depends on
 * the start of the round only.
 * @param start - `ledger.atStart(round)`.
 */
export function providerLimit(
  { consortium, facts }: Member,
  start: ReadonlyMap<PartyId, StartingParty>,
  round: number,
  requester: PartyId,
): number {
  const standing = start.get(requester);
  if (standing === undefined) return 0;
  return limits[consortium.aggregation.providers ?? 'all']({
    requester: standing,
    others: [...start].filter(([id, { credible }]) => credible && id !== requester).map(([, other]) => other),
    round,
    rounds: consortium.rounds,
    minProviders: facts.minProviders,
  });
}
