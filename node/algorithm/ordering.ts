/**
 * Algorithm 2, line 1: a party's orders of one round.
 * @module
 */
import { chooseOrders } from '../credibility/orders.ts';
import type { Order } from '../types.ts';
import { actInTime } from './acting.ts';
import { credibleOthers, type Member, normaliseOverCredible, selfOf } from './member.ts';
import type { LedgerState } from './ports.ts';

/**
 * Orders d_i^j = min(⌊c_i^j·p_i⌋, ⌊λ_j·|w|⌋) entries from every other credible party, with a fresh key for this round's
 * blobs. Does nothing when the order phase is over or this party has ordered before a restart.
 * @returns this party's orders of the round as the ledger has them.
 */
export async function order(
  member: Member,
  state: LedgerState,
  round: number,
  credibility: readonly number[],
): Promise<readonly Omit<Order, 'requester'>[]> {
  const { facts, ledger, store } = member;
  const self = await selfOf(member);
  if (state.round !== round) return [];
  if (state.phase !== 'order' || state.parties[self].acted) {
    return (await ledger.orders(round)).filter(({ requester }) => requester === self);
  }
  // On disk before it is on the ledger: blobs must open after a restart.
  const pair = (await store.roundKey(round)) ?? member.envelopes.createRoundKey();
  await store.saveRoundKey(round, pair);
  const ordered = await actInTime(member, round, async () => {
    const now = await ledger.state();
    const orders = chooseOrders(
      now.parties[self].points,
      normaliseOverCredible(credibility, now, self),
      credibleOthers(now, self).filter((party) => member.envelopes.accepts(party)),
      facts.minProviders,
    );
    await ledger.download(round, orders, pair.publicKey);
    return orders;
  });
  return ordered ?? [];
}
