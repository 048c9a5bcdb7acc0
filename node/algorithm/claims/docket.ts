/**
 * What the ledger's record of a claim says: whether it is open, who judges it, and how it would end now.
 * @module
 */
import type { Claim, ClaimStatus, Party, PartyId } from '../../types.ts';

/** Whether a claim still waits for its end. */
export function isOpen({ status }: Claim): boolean {
  return status === 'filed' || status === 'answered';
}

/** Whether a party is one of the two sides of a claim. */
export function isSide({ requester, provider }: Claim, party: PartyId): boolean {
  return party === requester || party === provider;
}

/** Who may vote: the credible parties that are neither side. */
export function juryOf(claim: Claim, parties: readonly Party[]): PartyId[] {
  return parties.filter(({ id, credible }) => credible && !isSide(claim, id)).map(({ id }) => id);
}

/** Whether a party has voted on a claim. */
export function hasVoted({ votesFor, votesAgainst }: Claim, party: PartyId): boolean {
  return votesFor.includes(party) || votesAgainst.includes(party);
}

/**
 * How an open claim would end now, as `resolveClaim` of the contract decides it.
 * @param now - Unix seconds.
 * @returns undefined while its window is open and no majority has settled it.
 */
export function outcomeOf(
  claim: Claim,
  jury: readonly PartyId[],
  now: number,
): Extract<ClaimStatus, 'upheld' | 'rejected' | 'undecided'> | undefined {
  const isOver = now > claim.deadline;
  if (claim.status === 'filed') return isOver ? 'upheld' : undefined;
  if (claim.status !== 'answered') return undefined;
  const count = (votes: readonly PartyId[]) => votes.filter((party) => jury.includes(party)).length;
  const half = Math.floor(jury.length / 2);
  if (count(claim.votesFor) > half) return 'upheld';
  if (count(claim.votesAgainst) > half) return 'rejected';
  return isOver ? 'undecided' : undefined;
}
