/**
 * The jury's side of a claim: every other credible party looks at the evidence and votes. The paper has the provider
 * reveal the plaintext; here it reveals the fresh key, which shows masked words.
 * @module
 */
import type { Claim } from '../../types.ts';
import { type Member, selfOf } from '../member.ts';
import { sumsOf } from '../sums.ts';
import { juryOf } from './docket.ts';
import { type Copies, fetchEvidence } from './evidence.ts';

/** Shares of the time for votes: how long the provider alone is asked, and when a blob that did not come never will. */
const patience = { provider: 0.25, everybody: 0.75 } as const;

/**
 * Gets a copy of the blob of a claim that is not answered yet: its requester may have it from here in time for its sum.
 * @param signal - ends the search.
 */
export async function holdCopy(member: Member, claim: Claim, copies: Copies, signal: AbortSignal): Promise<void> {
  const blob = await fetchEvidence(member, claim, [claim.provider], signal);
  if (blob !== undefined) copies.set(claim.id, blob);
}

/**
 * Judges an answered claim.
 * @param copies - where the blob is, or is put, so that others can have it from here.
 * @returns true if the requester is right: the blob cannot be had, or does not open with the key that was revealed.
 */
export async function judge(member: Member, claim: Claim, copies: Copies, signal: AbortSignal): Promise<boolean> {
  const { clock, envelopes, ledger } = member;
  const { provider, requester, round, key } = claim;
  if (key === undefined) throw new TypeError('Only an answered claim can be judged.');
  const self = await selfOf(member);
  const state = await ledger.state();
  const now = clock.now();
  const until = (share: number) =>
    AbortSignal.any([signal, clock.until(now + share * Math.max(0, claim.deadline - now))]);
  const jurors = juryOf(claim, state.parties).filter((id) => id !== self);
  const blob =
    copies.get(claim.id) ??
    (await fetchEvidence(member, claim, [provider], until(patience.provider))) ??
    (await fetchEvidence(member, claim, [provider, ...jurors], until(patience.everybody)));
  signal.throwIfAborted();
  if (blob === undefined) return true;
  copies.set(claim.id, blob);
  const request = (await sumsOf(member, state, round)).get(requester);
  return request === undefined || !(await envelopes.opens(request, provider, { blob, key }));
}
