/**
 * The requester's side of a claim: it paid for a blob that did not come or does not open.
 * @module
 */
import { DppdlError } from '../../errors.ts';
import type { Complaint, Delivery } from '../../types.ts';
import type { SumRequest } from '../envelopes.ts';
import { type Member, selfOf } from '../member.ts';
import { countOf } from '../sums.ts';

/** What a requester could not use. */
export interface Grievance {
  readonly delivery: Delivery;
  readonly complaint: Complaint;
}

/** Refusals that end the matter: it was filed before a restart, the phase is over, or the deposit cannot be paid. */
const final = ['ClaimExists', 'PhaseMismatch', 'RoundMismatch', 'PointsInsufficientBalance', 'CredibleSetNotMember'];

/**
 * Which grievances are worth a claim. A blob that does not open is certain to be found so by the others. One that did
 * not come may be the network's fault: it is claimed only if its price is at least the stake that is lost should the
 * others get it, and only if more than half of the round's blobs did come, for else the fault is likely on this side.
 */
export function worthClaiming(
  request: SumRequest,
  grievances: readonly Grievance[],
  delivered: number,
  stake: bigint,
): Grievance[] {
  const isOnline = 2 * delivered > delivered + grievances.length;
  return grievances.filter(
    ({ complaint, delivery }) =>
      complaint === 'doesNotOpen' || (isOnline && BigInt(countOf(request, delivery.provider)) >= stake),
  );
}

/**
 * Files the claims, one after another for as long as this party can pay the deposit.
 * @returns those that are on the ledger now.
 */
export async function fileClaims(
  member: Member,
  round: number,
  grievances: readonly Grievance[],
): Promise<Grievance[]> {
  const { ledger, observe } = member;
  const self = await selfOf(member);
  const filed: Grievance[] = [];
  for (const grievance of grievances) {
    const { provider } = grievance.delivery;
    try {
      await ledger.fileClaim(round, provider, grievance.complaint);
      filed.push(grievance);
    } catch (error) {
      const name = error instanceof DppdlError && error.code === 'REVERTED' ? String(error.meta['name']) : '';
      if (!final.includes(name)) throw error;
      const claims = name === 'ClaimExists' ? await ledger.claims() : [];
      if (claims.some((claim) => claim.round === round && claim.requester === self && claim.provider === provider)) {
        filed.push(grievance);
        continue;
      }
      observe({
        type: 'warning',
        round,
        code: 'CLAIM_REFUSED',
        party: provider,
        message: `No claim is filed: ${name}`,
      });
    }
  }
  return filed;
}
