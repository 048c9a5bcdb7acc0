/**
 * What must happen to orders that are not delivered.
 * @module
 */
import { has } from '../bitmap.ts';
import { credit, escrowOf, type Judgement } from './books.ts';
import type { Effects } from './effects.ts';

/** Refunds what is open about a party that leaves: its own orders while orders are placed, and those it still owes. */
export function withdraw(judgement: Judgement, effects: Effects, party: number): void {
  const { books } = judgement;
  if (books.phase === 'order') {
    const own = escrowOf(books, party);
    books.outstanding.delete(party);
    if (own !== 0n) refund(judgement, effects, party, own);
  }
  if (books.phase === 'order' || (books.phase === 'deliver' && !has(books.acted, party))) {
    refundOrdersTo(judgement, effects, party);
  }
}

/** Refunds the open orders to one provider. */
export function refundOrdersTo(judgement: Judgement, effects: Effects, provider: number): void {
  for (const [requester, row] of judgement.books.outstanding) {
    const count = row.get(provider);
    if (count === undefined) continue;
    row.delete(provider);
    refund(judgement, effects, requester, BigInt(count));
  }
}

/** Refunds all orders that providers left unanswered. */
export function refundAll(judgement: Judgement, effects: Effects): void {
  const { books } = judgement;
  for (const requester of [...books.outstanding.keys()].sort((a, b) => a - b)) {
    const due = escrowOf(books, requester);
    if (due !== 0n) refund(judgement, effects, requester, due);
  }
  books.outstanding.clear();
}

/** Takes the refund of `due` points to a requester out of the effects. */
function refund(judgement: Judgement, effects: Effects, requester: number, due: bigint): void {
  const { books } = judgement;
  const isOurs = (event: { requester: number; round: number }) =>
    event.requester === requester && event.round === books.round;
  const effect =
    effects.take('Refunded', (event) => isOurs(event) && event.amount === due) ?? effects.take('Refunded', isOurs);
  const amount = effect?.amount ?? 0n;
  if (amount !== due) {
    judgement.violate('REFUND', `Party ${requester} was refunded ${amount} points, not ${due}.`, requester);
  }
  books.escrow -= due;
  credit(books, requester, amount);
  judgement.record.refunded(requester, amount);
}
