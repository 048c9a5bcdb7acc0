/**
 * Claims as the ledger's events tell them, one after another.
 * @module
 */
import { getBytes } from 'ethers';
import type { EventFields } from '../../sdk/events.ts';
import type { Claim } from '../types.ts';

/** The events that say something about a claim. */
export const claimEvents = ['ClaimFiled', 'ClaimAnswered', 'ClaimVoted', 'ClaimResolved'] as const;

/** One of them. */
export type ClaimEvent = {
  [Name in (typeof claimEvents)[number]]: { readonly name: Name } & EventFields<Name>;
}[(typeof claimEvents)[number]];

/** Enters one event into the claims known so far. An event entered twice changes nothing. */
export function enterClaimEvent(claims: Map<bigint, Claim>, event: ClaimEvent): void {
  if (event.name === 'ClaimFiled') {
    if (!claims.has(event.claim)) claims.set(event.claim, filed(event));
    return;
  }
  const claim = claims.get(event.claim);
  if (claim === undefined) return;
  switch (event.name) {
    case 'ClaimAnswered':
      if (claim.status !== 'filed') return;
      claims.set(claim.id, { ...claim, status: 'answered', key: getBytes(event.key), deadline: event.deadline });
      return;
    case 'ClaimVoted': {
      const votes = event.upheld ? 'votesFor' : 'votesAgainst';
      if (!claim[votes].includes(event.party))
        claims.set(claim.id, { ...claim, [votes]: [...claim[votes], event.party] });
      return;
    }
    case 'ClaimResolved':
      // Nobody can resolve a claim to anything but an end.
      if (event.outcome !== 'none') claims.set(claim.id, { ...claim, status: event.outcome });
  }
}

function filed({ claim, requester, provider, complaint, commitment, deadline }: EventFields<'ClaimFiled'>): Claim {
  return {
    id: claim,
    round: Number(claim >> 16n),
    provider,
    requester,
    complaint,
    status: 'filed',
    commitment: getBytes(commitment),
    deadline,
    key: undefined,
    votesFor: [],
    votesAgainst: [],
  };
}
