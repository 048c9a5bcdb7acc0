/**
 * Claims (paper, §3.2) from a delivery that was paid for and did not come to their end, in whole runs: who wins, who gets
 * the blob after all, and what a restart or a lie changes.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AlgorithmError } from '../../../node/algorithm/errors.ts';
import type { Member } from '../../../node/algorithm/member.ts';
import type { ExchangeHandlers, NodeEvent } from '../../../node/algorithm/ports.ts';
import { LedgerError } from '../../../sdk/errors.ts';
import {
  assertBooks,
  assertFulfilled,
  createWorld,
  onion,
  roundsOf,
  smallConsortium,
  type World,
  type WorldParty,
} from '../world.ts';

const stepsOf = ({ events }: WorldParty) =>
  events.filter((event): event is Extract<NodeEvent, { type: 'claim' }> => event.type === 'claim');
const outcomes = (world: World) =>
  world.books.events.flatMap((event) => (event.name === 'ClaimResolved' ? [event.outcome] : []));
const votes = (world: World) =>
  world.books.events.flatMap((event) => (event.name === 'ClaimVoted' ? [[event.party, event.upheld]] : []));
const notReady = async (): Promise<never> => {
  throw new AlgorithmError('NOT_READY', 'Never.', { fault: 'peer' });
};

/** Changes what a party gives to others. */
function answering({ member }: WorldParty, change: (handlers: ExchangeHandlers) => Partial<ExchangeHandlers>): void {
  const { exchange } = member;
  Object.assign(member, {
    exchange: {
      ...exchange,
      serve: (handlers: ExchangeHandlers) => exchange.serve({ ...handlers, ...change(handlers) }),
    },
  });
}

/** Runs everybody while time passes. */
const runWithTime = (world: World, seconds: number) => passTime(world, seconds, world.run());

/**
 * Lets time pass during a run: `seconds` whenever all wait for something, and more once only claims are left. All are taken
 * to wait when nothing was recorded for some hundred turns, which is longer than encryption on other threads takes.
 */
async function passTime<Result>(world: World, seconds: number, run: Promise<Result>): Promise<Result> {
  let over = false;
  const running = run.finally(() => {
    over = true;
  });
  for (let events = -1; !over; ) {
    for (let turn = 0; turn < 600 && !over; turn++) await new Promise((resolve) => setImmediate(resolve));
    const { phase } = world.books.model;
    const isIdle = events === world.books.events.length;
    events = world.books.events.length;
    if (isIdle && phase === 'evaluate') world.clock.advance(seconds);
    if (isIdle && phase === 'closed') world.clock.advance(20 * seconds);
  }
  return await running;
}

const oneRound = smallConsortium({ rounds: 1 });

describe('a claim', () => {
  it('against a provider whom only its requester cannot reach: it answers, the jury hands the blob on, and wins', async () => {
    const world = await createWorld([60, 50, 40, 30], onion, oneRound);
    world.network.setFaults({
      isSilent: ({ protocol, provider, requester }) =>
        provider === 3 && requester === 0 && (protocol === 'blob' || protocol === 'evidence'),
    });
    assertFulfilled(await world.run());
    const [round] = roundsOf(world.parties[0]);
    assert.ok(!round.skipped && round.received === round.ordered && round.missing.length === 0);
    assert.deepEqual(votes(world).sort(), [
      [1, false],
      [2, false],
    ]);
    assert.deepEqual(outcomes(world), ['rejected']);
    const steps = stepsOf(world.parties[1]).map(({ step }) => step);
    assert.deepEqual(steps, ['filed', 'answered', 'votedAgainst', 'rejected']);
    const sides = world.parties.map((party) => [...new Set(stepsOf(party).map(({ side }) => side))]);
    assert.deepEqual(sides, [['requester'], ['jury'], ['jury'], ['provider']]);
    await assertBooks(world);
  });

  it('brings its requester the blob in time for the sum, before it is answered', async () => {
    const world = await createWorld([60, 50, 40, 30], onion, oneRound);
    world.network.setFaults({
      isSilent: ({ protocol, provider, requester }) =>
        provider === 3 && requester === 0 && (protocol === 'blob' || protocol === 'evidence'),
    });
    const { member } = world.parties[3];
    const { ledger } = member;
    const summed = Promise.withResolvers<void>();
    const { envelopes } = world.parties[0].member;
    Object.assign(world.parties[0].member, {
      envelopes: {
        ...envelopes,
        async sum(...given: Parameters<typeof envelopes.sum>) {
          const sum = await envelopes.sum(...given);
          summed.resolve();
          return sum;
        },
      },
    });
    Object.assign(member, {
      ledger: {
        ...ledger,
        async answerClaim(...given: Parameters<typeof ledger.answerClaim>) {
          await summed.promise;
          await ledger.answerClaim(...given);
        },
      },
    });
    assertFulfilled(await world.run());
    const [round] = roundsOf(world.parties[0]);
    assert.ok(!round.skipped && round.received === round.ordered);
    assert.deepEqual(outcomes(world), ['rejected']);
    await assertBooks(world);
  });

  it('is not misled by a juror that hands on another blob', async () => {
    const world = await createWorld([60, 50, 40, 30], onion, oneRound);
    world.network.setFaults({
      isSilent: ({ protocol, provider, requester }) =>
        provider === 3 && requester === 0 && (protocol === 'blob' || protocol === 'evidence'),
    });
    answering(world.parties[1], () => ({ evidence: async () => new Uint8Array(500) }));
    assertFulfilled(await world.run());
    const [round] = roundsOf(world.parties[0]);
    assert.ok(!round.skipped && round.received === round.ordered);
    assert.deepEqual(outcomes(world), ['rejected']);
    await assertBooks(world);
  });

  it('against a provider that gives nobody the blob is upheld, and pays price and fine', async () => {
    const world = await createWorld([60, 50, 40, 30], onion, oneRound);
    answering(world.parties[3], () => ({ blob: notReady, evidence: notReady }));
    assertFulfilled(await runWithTime(world, 20));
    assert.deepEqual(outcomes(world), ['upheld', 'upheld', 'upheld']);
    assert.equal(votes(world).length, 6);
    for (const [, upheld] of votes(world)) assert.equal(upheld, true);
    const { facts } = world.parties[0].member;
    const paid = world.books.events.flatMap((event) => (event.name === 'ClaimResolved' ? [event] : []));
    for (const { toProvider, toRequester } of paid) {
      assert.equal(toProvider, 0n);
      assert.ok(toRequester > 2n * facts.claimDeposit);
    }
    await assertBooks(world);
  });

  it('about a blob that is not closed for its requester is upheld, whatever key is revealed', async () => {
    const world = await createWorld(
      [60, 50, 40, 30],
      (member) => {
        const envelopes = onion(member);
        return {
          ...envelopes,
          // Party 3 closes for a key that nobody has.
          seal: async (request, gradient) =>
            (await member.ledger.self()) === 3
              ? await envelopes.seal({ ...request, encryptionKey: envelopes.createRoundKey().publicKey }, gradient)
              : await envelopes.seal(request, gradient),
        };
      },
      oneRound,
    );
    assertFulfilled(await world.run());
    assert.deepEqual(outcomes(world), ['upheld', 'upheld', 'upheld']);
    const filed = world.books.events.flatMap((event) => (event.name === 'ClaimFiled' ? [event.complaint] : []));
    assert.deepEqual(filed, ['doesNotOpen', 'doesNotOpen', 'doesNotOpen']);
    await assertBooks(world);
  });

  it('is lost by a node whose keys a second one used: a blob other than the one committed to never leaves', async () => {
    const world = await createWorld([60, 50, 40, 30], onion, oneRound);
    const { member } = world.parties[3];
    const { store } = member;
    const left: string[] = [];
    // What the twin closed for party 0, with the same keystreams, is another blob than the ledger knows.
    Object.assign(member, {
      store: {
        ...store,
        async blob(round: number, requester: number) {
          const kept = await store.blob(round, requester);
          return kept === undefined || requester !== 0
            ? kept
            : { ...kept, blob: kept.blob.with(200, 1 ^ kept.blob[200]) };
        },
      },
    });
    answering(world.parties[3], (handlers) => ({
      async blob(requester, round) {
        const blob = await handlers.blob(requester, round);
        left.push(`blob to ${requester}`);
        return blob;
      },
      async evidence(asking, place) {
        const blob = await handlers.evidence(asking, place);
        left.push(`evidence to ${asking}`);
        return blob;
      },
    }));
    assertFulfilled(await runWithTime(world, 20));
    assert.deepEqual(left.sort(), ['blob to 1', 'blob to 2']);
    assert.deepEqual(outcomes(world), ['upheld']);
    await assertBooks(world);
  });

  it('in bad faith is answered, and costs its requester the deposit', async () => {
    const world = await createWorld([60, 50, 40, 30], onion, smallConsortium({ rounds: 2 }));
    const { member } = world.parties[0];
    const { ledger } = member;
    Object.assign(member, {
      ledger: {
        ...ledger,
        async report(...given: Parameters<typeof ledger.report>) {
          if (given[0] === 1) for (const provider of [1, 2, 3]) await ledger.fileClaim(1, provider, 'notDelivered');
          await ledger.report(...given);
        },
      },
    });
    assertFulfilled(await world.run());
    assert.deepEqual(outcomes(world), ['rejected', 'rejected', 'rejected']);
    for (const party of world.parties) for (const { skipped } of roundsOf(party)) assert.equal(skipped, false);
    await assertBooks(world);
  });

  it('is answered after a restart, with the key that was kept, and the key is forgotten then', async () => {
    const world = await createWorld([60, 50, 40, 30], onion, oneRound);
    world.network.setFaults({
      isSilent: ({ protocol, provider }) => provider === 3 && (protocol === 'blob' || protocol === 'evidence'),
    });
    const accused = world.parties[3];
    const { ledger } = accused.member;
    let killed = false;
    const dying: Member = {
      ...accused.member,
      ledger: {
        ...ledger,
        async answerClaim(...given) {
          if (killed) return await ledger.answerClaim(...given);
          killed = true;
          throw new Error('killed');
        },
      },
    };
    Object.assign(accused, { member: dying });
    const others = world.run([0, 1, 2]);
    const [first] = await world.run([3]);
    assert.ok(first.status === 'rejected' && first.reason.message === 'killed');
    assert.ok((await accused.store.blobs(1))?.get(0)?.key !== undefined);
    world.network.setFaults({});
    // Jurors may be asking each other for the blob by now, which only time ends.
    const [results, restarted] = await passTime(world, 1, Promise.all([others, world.run([3])]));
    assertFulfilled([...results, ...restarted]);
    assert.deepEqual(outcomes(world), ['rejected', 'rejected', 'rejected']);
    for (const { blob, key } of (await accused.store.blobs(1))?.values() ?? []) {
      assert.ok(blob.length > 0);
      assert.equal(key, undefined);
    }
    await assertBooks(world);
  });

  it('is not needed against a provider that dies once the others have what it delivered', async () => {
    const world = await createWorld([60, 50, 40, 30], onion, oneRound);
    const fetched = Promise.withResolvers<void>();
    let asked = 0;
    world.network.setFaults({
      isSilent({ protocol, provider }) {
        if (protocol !== 'blob' || provider !== 3) return false;
        asked++;
        if (asked === 3) fetched.resolve();
        return asked > 3;
      },
    });
    // The others deliver only when they have what party 3 delivered, and it is dead.
    for (const { member } of world.parties.slice(0, 3)) {
      const { ledger } = member;
      Object.assign(member, {
        ledger: {
          ...ledger,
          async upload(...given: Parameters<typeof ledger.upload>) {
            await fetched.promise;
            await ledger.upload(...given);
          },
        },
      });
    }
    assertFulfilled(await world.run());
    for (const party of world.parties) assert.deepEqual(roundsOf(party)[0].missing, []);
    assert.deepEqual(outcomes(world), []);
  });

  it('is not filed by a party that nobody can reach, nor for less than it risks', async () => {
    const world = await createWorld([60, 50, 40, 30], onion, oneRound);
    world.network.setFaults({ isSilent: ({ protocol, requester }) => protocol === 'blob' && requester === 0 });
    assertFulfilled(await world.run());
    assert.equal(roundsOf(world.parties[0])[0].skipped, true);
    assert.deepEqual(outcomes(world), []);
  });

  it('gets a juror’s vote once, however often the juror restarts', async () => {
    const world = await createWorld([60, 50, 40, 30], onion, oneRound);
    world.network.setFaults({
      isSilent: ({ protocol, provider, requester }) => provider === 3 && requester === 0 && protocol === 'blob',
    });
    const { member } = world.parties[1];
    const { ledger } = member;
    let calls = 0;
    Object.assign(world.parties[1], {
      member: {
        ...member,
        ledger: {
          ...ledger,
          async voteClaim(...given: Parameters<typeof ledger.voteClaim>) {
            await ledger.voteClaim(...given);
            calls++;
            throw new Error('killed');
          },
        },
      },
    });
    const others = world.run([0, 2, 3]);
    const [first] = await world.run([1]);
    assert.equal(first.status, 'rejected');
    assertFulfilled(await world.run([1]));
    assertFulfilled(await others);
    assert.equal(calls, 1);
    assert.deepEqual(outcomes(world), ['rejected']);
    await assertBooks(world);
  });

  it('gets a vote that the chain does not take again after a pause, and not at once', async () => {
    const world = await createWorld([60, 50, 40, 30], onion, oneRound);
    world.network.setFaults({
      isSilent: ({ protocol, provider, requester }) => provider === 3 && requester === 0 && protocol === 'blob',
    });
    const { member } = world.parties[1];
    const { ledger } = member;
    const tries: number[] = [];
    Object.assign(member, {
      ledger: {
        ...ledger,
        async voteClaim(...given: Parameters<typeof ledger.voteClaim>) {
          tries.push(world.clock.now());
          if (tries.length < 3) throw new LedgerError('RPC_UNAVAILABLE', 'Down.', { fault: 'chain' });
          await ledger.voteClaim(...given);
        },
      },
    });
    assertFulfilled(await runWithTime(world, 0.3));
    assert.equal(tries.length, 3);
    for (const [place, time] of tries.slice(1).entries()) assert.ok(time - tries[place] >= 5);
    assert.deepEqual(outcomes(world), ['rejected']);
    await assertBooks(world);
  });
});
