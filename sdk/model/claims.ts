/**
 * Claims about recorded deliveries: file, answer, vote, resolve.
 * @module
 */

import type { PartyId } from '../../node/types.ts';
import { fromBitmap, toBitmap } from '../bitmap.ts';
import { type Claim, type ClaimStatus, type Complaint, claimId, claimStatuses } from '../types.ts';
import { isPrintable } from './parties.ts';
import { type Call, credibleSenderOf, credibleSet, type ModelState, refuse, refusePhase, senderOf } from './state.ts';

const requesterOf = (claim: bigint): PartyId => Number((claim >> 8n) & 0xffn);
const providerOf = (claim: bigint): PartyId => Number(claim & 0xffn);

/** Complains about a delivery of this round. @returns the claim's id. */
export function fileClaim(
  state: ModelState,
  call: Call,
  round: number,
  provider: PartyId,
  complaint: Complaint,
  deliveries: string,
): bigint {
  const requester = credibleSenderOf(state, call);
  if (state.phase !== 'evaluate') refusePhase(state);
  if (state.round !== round) refuse('RoundMismatch', state.round, round);
  const claim = claimId({ round, requester, provider });
  if (state.claims.has(claim)) refuse('ClaimExists', claim);
  if (state.uploads.get(provider) !== deliveries) refuse('ClaimWrongDeliveries', provider);
  const order = state.orders.find((line) => line.requester === requester && line.provider === provider);
  if (order?.commitment === undefined) return refuse('ExchangeNotOrdered', toBitmap([requester]));

  const claimant = state.parties[requester];
  const accused = state.parties[provider];
  const deposit = lesser(state.facts.claimDeposit, claimant.points);
  if (deposit === 0n) refuse('PointsInsufficientBalance', requester, 0, 1);
  const bond = lesser(order.count + deposit, accused.points);
  const deadline = call.time + state.facts.answerSeconds;
  const { commitment } = order;
  claimant.points -= deposit;
  accused.points -= bond;
  const votes = { votesFor: 0n, votesAgainst: 0n };
  state.claims.set(claim, { status: 'filed', complaint, deadline, deposit, bond, commitment, ...votes });
  const sides = { requester, provider };
  state.events.push({ name: 'ClaimFiled', claim, ...sides, complaint, commitment, deposit, bond, deadline });
  return claim;
}

const lesser = (a: bigint, b: bigint) => (a < b ? a : b);

/** Reveals the layer 2 key and says where the blob is. */
export function answerClaim(state: ModelState, call: Call, claim: bigint, key: string, location: string): void {
  const party = senderOf(state, call);
  const entry = claimIn(state, claim, 'filed');
  if (party !== providerOf(claim)) refuse('ClaimNotAllowed', claim, party);
  if (call.time > entry.deadline) refuse('ClaimWindowClosed', claim, entry.deadline, call.time);
  const length = Buffer.byteLength(location);
  if (length < 1 || length > 256 || !isPrintable(location)) refuse('ClaimInvalidLocation', length);
  const deadline = call.time + state.facts.voteSeconds;
  state.claims.set(claim, { ...entry, status: 'answered', deadline });
  state.events.push({ name: 'ClaimAnswered', claim, key, location, deadline });
}

/** Votes on an answered claim. */
export function voteClaim(state: ModelState, call: Call, claim: bigint, upheld: boolean): void {
  const party = credibleSenderOf(state, call);
  const entry = claimIn(state, claim, 'answered');
  if (call.time > entry.deadline) refuse('ClaimWindowClosed', claim, entry.deadline, call.time);
  if (!juryOf(state, claim).includes(party)) refuse('ClaimNotAllowed', claim, party);
  if (fromBitmap(entry.votesFor | entry.votesAgainst).includes(party)) refuse('ClaimAlreadyVoted', claim, party);
  const vote = toBitmap([party]);
  state.claims.set(
    claim,
    upheld ? { ...entry, votesFor: entry.votesFor | vote } : { ...entry, votesAgainst: entry.votesAgainst | vote },
  );
  state.events.push({ name: 'ClaimVoted', claim, party, upheld });
}

/** Ends a claim if it can end now. */
export function resolveClaim(state: ModelState, call: Call, claim: bigint): void {
  const entry = state.claims.get(claim) ?? refuse('ClaimStatusMismatch', claim, 0);
  const outcome = outcomeOf(state, call, claim, entry);
  const { deposit, bond } = entry;
  const all = deposit + bond;
  const shares = {
    upheld: { toRequester: all, toProvider: 0n },
    rejected: { toRequester: 0n, toProvider: all },
    undecided: { toRequester: deposit, toProvider: bond },
  }[outcome];
  state.claims.set(claim, { ...entry, status: outcome });
  state.parties[requesterOf(claim)].points += shares.toRequester;
  state.parties[providerOf(claim)].points += shares.toProvider;
  state.events.push({ name: 'ClaimResolved', claim, outcome, ...shares });
}

function outcomeOf(state: ModelState, call: Call, claim: bigint, entry: Claim) {
  const over = call.time > entry.deadline;
  if (entry.status === 'filed' && over) return 'upheld';
  if (entry.status === 'answered') {
    const jury = juryOf(state, claim);
    const share = (votes: bigint) => fromBitmap(votes).filter((id) => jury.includes(id)).length * 2;
    if (share(entry.votesFor) > jury.length) return 'upheld';
    if (share(entry.votesAgainst) > jury.length) return 'rejected';
    if (over) return 'undecided';
  }
  if (entry.status === 'filed' || entry.status === 'answered') {
    return refuse('ClaimWindowOpen', claim, entry.deadline, call.time);
  }
  return refuse('ClaimStatusMismatch', claim, claimStatuses.indexOf(entry.status));
}

/** The claim, which must be at `status`. */
function claimIn(state: ModelState, claim: bigint, status: ClaimStatus): Claim {
  const entry = state.claims.get(claim);
  if (entry?.status !== status)
    return refuse('ClaimStatusMismatch', claim, claimStatuses.indexOf(entry?.status ?? 'none'));
  return entry;
}

/** Who may vote: the credible set without the two sides. */
function juryOf(state: ModelState, claim: bigint): PartyId[] {
  return credibleSet(state).filter((id) => id !== requesterOf(claim) && id !== providerOf(claim));
}
