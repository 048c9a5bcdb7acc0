/**
 * No keystream closes two messages that leave a party, wherever it is killed: what was closed is on disk before it is
 * committed to, and what is on disk is what goes out.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Member } from '../../node/algorithm/member.ts';
import type { ExchangeHandlers, RoundEvent } from '../../node/algorithm/ports.ts';
import { createWorld, onion, smallConsortium } from './world.ts';

/** Where a party dies in its delivery of round 1, and how often it has closed each message by the end. */
const moments = {
  'closing its last blob': 2,
  'having closed all, before they are on disk': 2,
  'having them on disk, before it commits': 1,
  'having committed, before it knows': 1,
  'having given its blobs, before it collects': 1,
} as const;
type Moment = keyof typeof moments;

/** A party that is killed once at a moment; `left` is every message that left it, by requester. */
function mortal(member: Member, moment: Moment) {
  const { envelopes, exchange, ledger, store } = member;
  let isAlive = true;
  const seals = new Map<number, number>();
  const left = new Map<number, Set<string>>();
  const leaves = (requester: number, hash: Uint8Array) => {
    const known = left.get(requester) ?? new Set();
    left.set(requester, known.add(Buffer.from(hash).toString('hex')));
  };
  const at = (here: Moment): void => {
    if (here !== moment || !isAlive) return;
    isAlive = false;
    throw new Error('killed');
  };
  const dying: Member = {
    ...member,
    envelopes: {
      ...envelopes,
      async seal(request, gradient) {
        const closed = await envelopes.seal(request, gradient);
        const { id } = request.requester;
        seals.set(id, (seals.get(id) ?? 0) + 1);
        if (seals.size === 3) at('closing its last blob');
        return closed;
      },
    },
    store: {
      ...store,
      async saveBlobs(...given) {
        at('having closed all, before they are on disk');
        await store.saveBlobs(...given);
        at('having them on disk, before it commits');
      },
    },
    ledger: {
      ...ledger,
      async upload(round, deliveries) {
        for (const { requester, commitment } of deliveries) leaves(requester, commitment);
        await ledger.upload(round, deliveries);
        at('having committed, before it knows');
      },
      async reached(...given) {
        const state = await ledger.reached(...given);
        if (given[1] === 'evaluate') at('having given its blobs, before it collects');
        return state;
      },
    },
    exchange: {
      ...exchange,
      serve: (handlers: ExchangeHandlers) =>
        exchange.serve({
          ...handlers,
          async blob(requester, round) {
            const blob = await handlers.blob(requester, round);
            leaves(requester, envelopes.commitment(blob));
            return blob;
          },
        }),
    },
  };
  return { dying, left, seals };
}

describe('a party that dies while it delivers', () => {
  for (const [moment, times] of Object.entries(moments) as [Moment, number][]) {
    it(`${moment}, sends one message for each place, and everybody gets the whole sum`, async () => {
      const world = await createWorld([50, 40, 30, 30], onion, smallConsortium({ rounds: 1 }));
      const { dying, left, seals } = mortal(world.parties[0].member, moment);
      Object.assign(world.parties[0], { member: dying });
      const others = world.run([1, 2, 3]);
      const [first] = await world.run([0]);
      assert.ok(first.status === 'rejected' && first.reason.message === 'killed', String(first));
      for (const result of [...(await world.run([0])), ...(await others)]) assert.equal(result.status, 'fulfilled');
      assert.deepEqual([...left.keys()].sort(), [1, 2, 3]);
      for (const messages of left.values()) assert.equal(messages.size, 1);
      assert.deepEqual([...seals.values()], [times, times, times]);
      for (const { events } of world.parties) {
        const round = events.findLast((event): event is RoundEvent => event.type === 'round');
        assert.ok(round !== undefined && !round.skipped && round.missing.length === 0);
      }
    });
  }
});
