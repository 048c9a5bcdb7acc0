/**
 * Claim, then recovery: while a claim is open everybody may hold the blob, so its requester asks the provider once more
 * and every juror, who may have got through where it did not.
 * @module
 */
import type { PartyId } from '../../types.ts';
import type { SumRequest } from '../envelopes.ts';
import { type Member, selfOf } from '../member.ts';
import type { LedgerState } from '../ports.ts';
import { fetchEvidence } from './evidence.ts';
import { fileClaims, type Grievance, worthClaiming } from './filing.ts';

/**
 * Files the claims that are worth it, and looks for the blobs that were not delivered.
 * @param delivered - how many blobs of the round did come.
 * @param signal - ends the search.
 * @returns the blobs that were found, by provider: those that were committed to, not yet opened.
 */
export async function recoverBlobs(
  member: Member,
  request: SumRequest,
  state: LedgerState,
  grievances: readonly Grievance[],
  delivered: number,
  signal: AbortSignal,
): Promise<Map<PartyId, Uint8Array>> {
  const { round } = request;
  const self = await selfOf(member);
  const { points } = state.parties[self];
  // The ledger takes the deposit, or all that this party has.
  const stake = points < member.facts.claimDeposit ? points : member.facts.claimDeposit;
  const claimed = await fileClaims(member, round, worthClaiming(request, grievances, delivered, stake));
  const holders = state.parties.filter(({ id, credible }) => credible && id !== self).map(({ id }) => id);
  const found = new Map<PartyId, Uint8Array>();
  await Promise.all(
    claimed.map(async ({ delivery, complaint }) => {
      if (complaint === 'doesNotOpen') return;
      const blob = await fetchEvidence(member, { ...delivery, round }, holders, signal);
      if (blob !== undefined) found.set(delivery.provider, blob);
    }),
  );
  return found;
}
