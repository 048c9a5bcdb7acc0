/**
 * The provider's side of a claim: it reveals the fresh key of the blob and says where the blob can be had.
 * @module
 */
import type { Claim } from '../../types.ts';
import { type Member, selfOf } from '../member.ts';
import { isOpen } from './docket.ts';

/**
 * Answers a claim against this party.
 * @returns false if it has nothing to answer with: the key was forgotten or never kept.
 */
export async function answer(member: Member, claim: Claim): Promise<boolean> {
  const { ledger, store } = member;
  const kept = await store.blob(claim.round, claim.requester);
  if (kept?.key === undefined) return false;
  const { address, peerId } = (await ledger.state()).parties[await selfOf(member)];
  // deviation: the paper has the uploader reveal the plaintext; the fresh key shows as much and keeps it private.
  await ledger.answerClaim(claim.id, kept.key, `${address}/p2p/${peerId}`);
  return true;
}

/**
 * Forgets the fresh keys of past rounds' blobs, but of those about which a claim is open.
 * @param before - keys of rounds before this one are not needed: nothing can be claimed of them any more.
 */
export async function forgetKeys(member: Member, before: number): Promise<void> {
  const self = await selfOf(member);
  const disputed = (await member.ledger.claims()).filter((claim) => claim.provider === self && isOpen(claim));
  await member.store.dropBlobKeys(before, new Set(disputed.map(({ round }) => round)));
}
