/**
 * The blob a claim is about, on its way between parties. It is closed for its requester, so whoever holds a copy learns
 * nothing; that is why anybody may fetch it, check it, and hand it on.
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import type { Claim, ExchangePlace, PartyId } from '../../types.ts';
import { committedBlob } from '../delivery.ts';
import { AlgorithmError, codeOfOthersFault } from '../errors.ts';
import { type Member, selfOf } from '../member.ts';
import { isOpen, isSide } from './docket.ts';

/** Copies of others' blobs that this party holds, by claim: until the claim is over and so is its round. */
export type Copies = Map<bigint, Uint8Array>;

/**
 * Fetches the blob a claim is about from whoever has it first.
 * @param holders - whom to ask, all at once.
 * @param signal - ends the search.
 * @returns the blob that was committed to, or undefined if nobody gave it.
 */
export async function fetchEvidence(
  { envelopes, exchange }: Member,
  place: ExchangePlace & Pick<Claim, 'commitment'>,
  holders: readonly PartyId[],
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const found = new AbortController();
  const search = AbortSignal.any([signal, found.signal]);
  const attempts = holders.map(async (holder) => {
    const blob = await exchange.evidence(holder, place, search);
    if (timingSafeEqual(envelopes.commitment(blob), place.commitment)) return blob;
    throw new AlgorithmError('BAD_BLOB', `Party ${holder} gave another blob than was committed to.`, { fault: 'peer' });
  });
  try {
    return await Promise.any(attempts);
  } catch (error) {
    for (const each of error instanceof AggregateError ? error.errors : [error]) codeOfOthersFault(each, signal);
    return undefined;
  } finally {
    found.abort(new Error('found'));
  }
}

/**
 * The blob of an exchange about which a claim was filed, for a party that asks for it.
 * @throws AlgorithmError `NOT_READY` where the claim or the blob may still come, `REFUSED`.
 */
export async function giveEvidence(
  member: Member,
  copies: Copies,
  asking: PartyId,
  place: ExchangePlace,
): Promise<Uint8Array> {
  const { ledger } = member;
  const { round, provider, requester } = place;
  const claim = (await ledger.claims()).find(
    (each) => each.round === round && each.provider === provider && each.requester === requester,
  );
  // This party's endpoint may be a block behind the asking one's. The claim may be over before its requester has asked.
  if (claim === undefined) throw refusal('NOT_READY', 'No claim about this exchange is on the ledger.');
  const { parties } = await ledger.state();
  if (!isSide(claim, asking) && !parties[asking].credible)
    throw refusal('REFUSED', 'Evidence is for credible parties.');
  const self = await selfOf(member);
  const blob = provider === self ? await committedBlob(member, round, claim) : copies.get(claim.id);
  if (blob !== undefined) return blob;
  if (isSide(claim, self) || !isOpen(claim)) throw refusal('REFUSED', 'This party does not have the blob.');
  throw refusal('NOT_READY', 'This party has no copy of the blob yet.');
}

function refusal(code: 'NOT_READY' | 'REFUSED', message: string): AlgorithmError {
  return new AlgorithmError(code, message, { fault: 'peer' });
}
