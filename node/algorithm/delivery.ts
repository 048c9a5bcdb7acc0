/**
 * Algorithm 2, line 2: what a party gives to the others' sums of one round.
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import { DppdlError } from '../errors.ts';
import { isDominant } from '../onion/dominance.ts';
import type { Delivery, PartyId } from '../types.ts';
import { actInTime } from './acting.ts';
import { type Member, selfOf } from './member.ts';
import type { ClosedBlob, KeptBlob, LedgerState } from './ports.ts';
import { providerLimit } from './providerLimit.ts';
import { countOf, sumsOf } from './sums.ts';

/**
 * Closes one blob for each order this party got, keeps them with the keys that answer claims, and commits to them on the ledger. Commit first, deliver
 * second: the others fetch a blob once they see its commitment. Does nothing when the deliver phase is over.
 * @param ordering - the ledger when the orders of the round began.
 * @param gradient - Δw_j, float32 [D].
 */
export async function deliver(
  member: Member,
  state: LedgerState,
  round: number,
  gradient: Float32Array,
): Promise<void> {
  const { envelopes, ledger, observe, releases, store } = member;
  const self = await selfOf(member);
  if (state.round !== round || state.phase !== 'deliver' || state.parties[self].acted) return;

  // Blobs of before a restart are used again: a keystream must never close two different gradients.
  let blobs: ReadonlyMap<PartyId, KeptBlob> | undefined = await store.blobs(round);
  if (blobs === undefined) {
    const closed = new Map<PartyId, ClosedBlob>();
    const start = await ledger.atStart(round);
    for (const [requester, request] of await sumsOf(member, state, round)) {
      const count = countOf(request, self);
      if (count === 0) continue;
      if (request.orders.length > providerLimit(member, start, round, requester)) {
        const message = 'Its order is not filled: it orders from more parties than its contribution allows';
        observe({ type: 'warning', round, code: 'TOO_MANY_PROVIDERS', party: requester, message });
        continue;
      }
      if (isDominant(request.orders, self)) {
        const message = 'Its order is not filled: it asks more of this party than of all the others';
        observe({ type: 'warning', round, code: 'DOMINANT', party: requester, message });
        continue;
      }
      if (!(await envelopes.isKeyed(request))) {
        const message = 'Its order cannot be filled: this party’s keys were changed during the round';
        observe({ type: 'warning', round, code: 'KEY_CHANGED', party: requester, message });
        continue;
      }
      await releases.gradients({ round, to: requester, count });
      try {
        closed.set(requester, await envelopes.seal(request, gradient));
      } catch (error) {
        // One party's unusable key must cost that party its sum, not everybody the round.
        if (!(error instanceof DppdlError) || error.fault !== 'peer') throw error;
        observe({ type: 'warning', round, code: error.code, party: requester, message: 'Its order cannot be filled' });
      }
    }
    await store.saveBlobs(round, closed);
    blobs = closed;
  }
  for (const { key } of blobs.values()) key?.fill(0);
  const deliveries = [...blobs]
    .map(([requester, { blob }]) => ({ requester, commitment: envelopes.commitment(blob) }))
    .sort((a, b) => a.requester - b.requester);
  await actInTime(member, round, () => ledger.upload(round, deliveries));
}

/**
 * The blob of a delivery of this party. What is not the one committed to never leaves: a second node on the same keys,
 * or a data folder brought back from a copy, may have closed another one with the same keystreams.
 */
export async function committedBlob(
  { envelopes, store }: Member,
  round: number,
  { requester, commitment }: Pick<Delivery, 'requester' | 'commitment'>,
): Promise<Uint8Array | undefined> {
  const kept = await store.blob(round, requester);
  kept?.key?.fill(0);
  return kept !== undefined && timingSafeEqual(envelopes.commitment(kept.blob), commitment) ? kept.blob : undefined;
}
