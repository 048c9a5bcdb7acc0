/**
 * What every adapter of the ledger port must do; run for each of them.
 * @module
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Ledger, LedgerState } from '../../node/algorithm/ports.ts';
import { peerIdOf } from '../../node/peer/peer.ts';
import type { Phase, Registration } from '../../node/types.ts';
import { LedgerError } from '../../sdk/errors.ts';

/** A fresh ledger of four members, seen by each of them, and by a stranger. */
export interface LedgerWorld {
  /** One per member, none registered. */
  readonly members: readonly Ledger[];
  /** Of an account that is not invited. */
  readonly stranger: Ledger;
  /** Moves the ledger's clock, in seconds. */
  increaseTime(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** Facts every world has: 2 rounds of |w| = 1000, 4 members that start it, the phases one day each. */
export const worldFacts = {
  parameterCount: 1000,
  rounds: 2,
  graceRounds: 1,
  minProviders: 2,
  minParties: 3,
  claimDeposit: 7n,
  answerSeconds: 600,
  voteSeconds: 900,
} as const;
/** Deadline of each phase, in seconds. */
export const DAY = 86_400;

const bytes = (value: number) => new Uint8Array(32).fill(value);

/** λ = 1/2, so the cap is 500 and the first points are 1500. */
export function worldRegistration(index: number): Registration {
  return {
    peerId: peerIdOf(bytes(1 + index)),
    address: `/ip4/127.0.0.1/tcp/${4001 + index}`,
    maskKey: bytes(1 + index),
    encryptionKey: bytes(65 + index),
    examples: 600,
    samples: 300,
    samplesHash: bytes(129 + index),
    privacy: { generator: 'gaussian', epsilon: 3.7, delta: 1e-5, unit: 'record' },
  };
}

const reverts = (error: unknown) =>
  error instanceof LedgerError && error.code === 'REVERTED' && typeof error.meta['name'] === 'string';

/** Runs the suite on worlds made by `create`. */
export function ledgerCompliance(name: string, create: () => Promise<LedgerWorld>): void {
  describe(`ledger: ${name}`, () => {
    let world: LedgerWorld;
    let ledgers: readonly Ledger[];
    const never = new AbortController().signal;
    const ids = [0, 1, 2, 3];
    const others = (self: number) => ids.filter((id) => id !== self);
    const everyone = (work: (ledger: Ledger, id: number) => Promise<unknown>) => Promise.all(ledgers.map(work));

    const books = (state: LedgerState) => state.parties.reduce((sum, { points, escrow }) => sum + points + escrow, 0n);
    const at = async (round: number, phase: Phase) => {
      const state = await ledgers[0].reached(round, phase, never);
      assert.deepEqual([state.round, state.phase], [round, phase]);
      assert.equal(books(state), state.minted);
      return state;
    };

    before(async () => {
      world = await create();
      ledgers = world.members;
    });
    after(() => world?.close());

    it('tells the facts', async () => {
      const facts = await ledgers[1].facts();
      const { parameterCount, rounds, graceRounds, minProviders, claimDeposit } = worldFacts;
      assert.deepEqual(
        { ...facts, chainId: 0n, contract: '', consortiumHash: 32 },
        {
          chainId: 0n,
          contract: '',
          consortiumHash: 32,
          parameterCount,
          rounds,
          graceRounds,
          minProviders,
          claimDeposit,
        },
      );
      assert.ok(facts.chainId > 0n);
      assert.match(facts.contract, /^0x[0-9a-fA-F]{40}$/);
      assert.deepEqual(facts.consortiumHash, bytes(0xc0));
    });

    it('registers members in order, and nobody else', async () => {
      assert.equal(await ledgers[0].self(), undefined);
      assert.equal((await ledgers[0].state()).phase, 'forming');
      await assert.rejects(world.stranger.init(worldRegistration(0)), reverts);
      for (const id of [0, 1, 2]) assert.equal(await ledgers[id].init(worldRegistration(id)), id);
      await assert.rejects(ledgers[1].init(worldRegistration(1)), reverts);
      assert.equal(await ledgers[1].self(), 1);
      assert.equal((await ledgers[3].state()).phase, 'forming');
      const started = ledgers[0].reached(0, 'benchmark', never);
      assert.equal(await ledgers[3].init(worldRegistration(3)), 3);
      assert.equal((await started).phase, 'benchmark');
    });

    it('shows registrations as they were written, and the first points', async () => {
      const { parties, minted } = await at(0, 'benchmark');
      assert.equal(minted, 4n * 1500n);
      for (const id of ids) {
        const { account, ...party } = parties[id];
        assert.match(account, /^0x[0-9a-fA-F]{40}$/);
        const rest = { id, credible: true, cap: 500, acted: false, points: 1500n, escrow: 0n };
        assert.deepEqual(party, { ...worldRegistration(id), ...rest });
      }
      assert.equal(new Set(parties.map(({ account }) => account)).size, 4);
    });

    it('ends the benchmark when all have reported', async () => {
      await assert.rejects(ledgers[0].report(1, []), reverts);
      await ledgers[0].report(0, []);
      await assert.rejects(ledgers[0].report(0, [1]), reverts);
      assert.deepEqual(
        (await at(0, 'benchmark')).parties.map(({ acted }) => acted),
        [true, false, false, false],
      );
      for (const id of [1, 2, 3]) await ledgers[id].report(0, id === 3 ? [0] : []);
      const state = await at(1, 'order');
      assert.ok(state.parties.every(({ credible, acted }) => credible && !acted));
      assert.ok(state.deadline > Date.now() / 1000);
    });

    it('takes orders, keeps their points in escrow, and shows them', async () => {
      await assert.rejects(ledgers[0].download(1, [{ provider: 1, count: 5 }], bytes(1)), reverts, 'too few providers');
      const tooMany = others(0).map((provider) => ({ provider, count: 501 }));
      await assert.rejects(ledgers[0].download(1, tooMany, bytes(1)), reverts, 'above the cap');
      await everyone((ledger, self) => {
        const orders = others(self).map((provider) => ({ provider, count: 100 * (self + 1) + provider }));
        return ledger.download(1, self === 3 ? [] : orders.toReversed(), bytes(33 + self));
      });
      const { parties } = await at(1, 'deliver');
      assert.deepEqual(
        parties.map(({ escrow }) => escrow),
        [306n, 605n, 904n, 0n],
      );
      assert.deepEqual(
        parties.map(({ points }) => points),
        [1194n, 895n, 596n, 1500n],
      );
      const orders = await ledgers[3].orders(1);
      assert.equal(orders.length, 9);
      assert.deepEqual(
        orders.find(({ requester, provider }) => requester === 1 && provider === 3),
        { requester: 1, provider: 3, count: 203 },
      );
      const keys = await ledgers[3].encryptionKeys(1);
      assert.deepEqual(
        [...keys].sort(([a], [b]) => a - b),
        ids.map((id) => [id, bytes(33 + id)]),
      );
    });

    it('pays for deliveries, refunds what is left out, and shows the commitments', async () => {
      await assert.rejects(ledgers[0].upload(1, [{ requester: 3, commitment: bytes(1) }]), reverts, 'not ordered');
      for (const id of ids) {
        const requesters = others(id).filter((other) => other !== 3 && !(id === 1 && other === 2));
        await ledgers[id].upload(
          1,
          requesters.map((requester) => ({ requester, commitment: bytes(16 * id + requester) })).toReversed(),
        );
      }
      const { parties } = await at(1, 'evaluate');
      assert.deepEqual(
        parties.map(({ escrow }) => escrow),
        [0n, 0n, 0n, 0n],
      );
      // Spent 306, 605, 904 − 301 refunded; earned 200+300, 101, 102+202, 103+203+303.
      assert.deepEqual(
        parties.map(({ points }) => points),
        [1694n, 996n, 1201n, 2109n],
      );
      const deliveries = await ledgers[2].deliveries(1);
      assert.equal(deliveries.length, 8);
      assert.deepEqual(
        deliveries.find(({ provider, requester }) => provider === 3 && requester === 1),
        { provider: 3, requester: 1, commitment: bytes(49) },
      );
    });

    it('takes claims through filing, answer and votes to their end, and keeps the books', async () => {
      assert.deepEqual(await ledgers[0].claims(), []);
      let seen = await ledgers[0].changed(0, never);
      const changed = ledgers[0].changed(seen, never);
      await assert.rejects(ledgers[0].fileClaim(1, 0, 'notDelivered'), reverts, 'nothing was ordered from oneself');
      await ledgers[0].fileClaim(1, 1, 'notDelivered');
      assert.ok((await changed) > seen);
      seen = await ledgers[0].changed(0, never);
      await assert.rejects(ledgers[0].fileClaim(1, 1, 'doesNotOpen'), reverts, 'once per exchange');
      await ledgers[1].fileClaim(1, 3, 'doesNotOpen');
      const [first, second] = await ledgers[2].claims();
      const open = { status: 'filed', key: undefined, votesFor: [], votesAgainst: [] } as const;
      assert.deepEqual(first, {
        ...open,
        id: first.id,
        round: 1,
        requester: 0,
        provider: 1,
        complaint: 'notDelivered',
        commitment: bytes(16),
        deadline: first.deadline,
      });
      assert.deepEqual([second.requester, second.provider, second.complaint], [1, 3, 'doesNotOpen']);
      // 7 of each claimant, and of the accused 7 and the price: 101 and 203.
      assert.equal((await ledgers[0].state()).deposits, 7n + 108n + 7n + 210n);

      await assert.rejects(
        ledgers[2].answerClaim(first.id, bytes(9), '/ip4/127.0.0.1/tcp/1'),
        reverts,
        'the accused alone',
      );
      await assert.rejects(ledgers[2].voteClaim(first.id, true), reverts, 'not answered yet');
      await assert.rejects(ledgers[2].resolveClaim(first.id), reverts, 'too early');
      await ledgers[1].answerClaim(first.id, bytes(9), '/ip4/127.0.0.1/tcp/1');
      await assert.rejects(ledgers[0].voteClaim(first.id, true), reverts, 'a side');
      await ledgers[2].voteClaim(first.id, false);
      await assert.rejects(ledgers[2].voteClaim(first.id, true), reverts, 'once');
      const answered = (await ledgers[3].claims())[0];
      assert.deepEqual([answered.status, answered.key, answered.votesAgainst], ['answered', bytes(9), [2]]);
      assert.ok(answered.deadline > first.deadline);
      await ledgers[3].voteClaim(first.id, false);
      await ledgers[2].resolveClaim(first.id);
      await world.increaseTime(worldFacts.answerSeconds + 1);
      await ledgers[0].resolveClaim(second.id);
      assert.deepEqual(
        (await ledgers[0].claims()).map(({ status, votesAgainst }) => [status, votesAgainst]),
        [
          ['rejected', [2, 3]],
          ['upheld', []],
        ],
      );
      // The first paid its deposit to the accused; the second got price and fine.
      const { parties, deposits } = await at(1, 'evaluate');
      assert.equal(deposits, 0n);
      assert.deepEqual(
        parties.map(({ points }) => points),
        [1687n, 996n + 7n + 210n, 1201n, 2109n - 210n],
      );
    });

    it('knows the parties as they were when a round began', async () => {
      const start = await ledgers[0].atStart(1);
      const stated = ids.map((id) => {
        const { maskKey, examples, samples } = worldRegistration(id);
        return [id, { maskKey, examples, samples, credible: true }];
      });
      const known = (parties: typeof start) =>
        [...parties].map(([id, { maskKey, examples, samples, credible }]) => [
          id,
          { maskKey, examples, samples, credible },
        ]);
      assert.deepEqual(known(start), stated);
      assert.deepEqual(known(await ledgers[0].atStart(0)), stated, 'the benchmark is round 0');
      assert.equal((await ledgers[0].atStart(2)).size, 0);
    });

    it('says whether more deliveries may come', async () => {
      assert.equal((await ledgers[0].finalDeliveries(1))?.length, 8);
      assert.equal(await ledgers[0].finalDeliveries(2), undefined);
    });

    it('removes nobody in the grace rounds', async () => {
      await everyone((ledger, self) => ledger.report(1, self === 3 ? [] : [3]));
      assert.ok((await at(2, 'order')).parties.every(({ credible }) => credible));
      assert.deepEqual(await ledgers[0].orders(2), []);
      assert.equal((await ledgers[0].orders(1)).length, 9);
    });

    it('ends phases past their deadline, and refunds', async () => {
      await ledgers[0].download(
        2,
        others(0).map((provider) => ({ provider, count: 10 })),
        bytes(5),
      );
      await world.increaseTime(DAY + 1);
      const waiting = ids.map((id) => ledgers[id].reached(2, 'deliver', never));
      for (const state of await Promise.all(waiting)) assert.equal(state.phase, 'deliver');
      assert.equal((await at(2, 'deliver')).parties[0].escrow, 30n);
      await ledgers[1].upload(2, [{ requester: 0, commitment: bytes(3) }]);
      await world.increaseTime(DAY + 1);
      const { parties } = await at(2, 'evaluate');
      assert.deepEqual([parties[0].points, parties[0].escrow], [1677n, 0n]);
      assert.equal((await ledgers[1].finalDeliveries(2))?.length, 1);
      await assert.rejects(ledgers[2].upload(2, []), reverts, 'too late');
    });

    it('removes whom more than half reported, and closes after the last round', async () => {
      await everyone((ledger, self) => ledger.report(2, self === 3 ? [] : [3]));
      const state = await ledgers[2].reached(9, 'order', never);
      assert.equal(state.phase, 'closed');
      assert.deepEqual(
        state.parties.map(({ credible }) => credible),
        [true, true, true, false],
      );
      assert.equal(books(state), state.minted);
    });

    it('stops waiting when told to', async () => {
      const fresh = await create();
      const abort = new AbortController();
      const waiting = fresh.members[0].reached(0, 'benchmark', abort.signal);
      abort.abort(new Error('enough'));
      await assert.rejects(waiting, /enough/);
      await assert.rejects(fresh.members[0].reached(0, 'benchmark', abort.signal), /enough/);
      await fresh.close();
    });
  });
}
