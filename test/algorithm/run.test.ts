/**
 * Whole runs of Algorithms 1 and 2 in one process, with the real onion: what every party must end up with, and what
 * happens when parties fail.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { AlgorithmError } from '../../node/algorithm/errors.ts';
import type { Member } from '../../node/algorithm/member.ts';
import type { Ledger } from '../../node/algorithm/ports.ts';
import { selectLargest } from '../../node/gradient/select.ts';
import { createMemoryStore } from '../../node/store/memoryStore.ts';
import { stepOf } from '../reference/onion.ts';
import {
  assertBooks,
  assertFulfilled,
  createWorld,
  onion,
  roundsOf,
  smallConsortium,
  toyExamples,
  type World,
  type WorldParty,
  warningsOf,
} from './world.ts';

/** Ends phases whose deadline is all that is waited for, until `finished` says that the survivors are done. */
async function endPhasesWithout(world: World, gone: number, finished: () => boolean): Promise<void> {
  const [{ member }] = world.parties;
  while (!finished()) {
    await turn();
    const { parties, phase } = await member.ledger.state();
    const waiting = parties.every(({ id, credible, acted }) => !credible || acted || id === gone);
    if (phase === 'closed' || !waiting || !parties[gone].credible) continue;
    world.clock.advance(61);
    world.books.call(parties[0].account, { name: 'advance' });
  }
}

describe('a run', () => {
  it('takes everybody through the benchmark and all rounds, and keeps the books', async () => {
    const world = await createWorld([60, 50, 40, 30], onion);
    assertFulfilled(await world.run());
    for (const [id, party] of world.parties.entries()) {
      const rounds = roundsOf(party);
      assert.deepEqual(
        rounds.map(({ round }) => round),
        [1, 2, 3],
      );
      for (const { ordered, received, missing, skipped, credibility } of rounds) {
        assert.ok(ordered > 0 && received === ordered && missing.length === 0 && !skipped);
        assert.equal(credibility[id], 0);
        assert.ok(Math.abs(credibility.reduce((a, b) => a + b, 0) - 1) < 1e-9);
      }
      assert.deepEqual(warningsOf(party), []);
      assert.equal(party.events.at(-1)?.type, 'finished');
    }
    await assertBooks(world);
  });

  it('adds exactly the sum of what the others selected, in fixed point', async () => {
    const consortium = smallConsortium({ rounds: 1 });
    const given: { requester: number; provider: number; count: number; gradient: Float32Array }[] = [];
    const world = await createWorld(
      [40, 40, 40, 40],
      (member) => {
        const envelopes = onion(member);
        return {
          ...envelopes,
          async seal(request, gradient) {
            const provider = (await member.ledger.self()) ?? -1;
            const count = request.orders.find((order) => order.provider === provider)?.count ?? 0;
            given.push({ requester: request.requester.id, provider, count, gradient: gradient.slice() });
            return await envelopes.seal(request, gradient);
          },
          async sum(request, delivered, seeds) {
            const sum = await envelopes.sum(request, delivered, seeds);
            const { clamp, round } = request;
            const { levels } = consortium.aggregation;
            const expected = new Float64Array(sum.length);
            for (const { requester, provider, count, gradient } of given) {
              if (requester !== request.requester.id) continue;
              selectLargest(gradient, count).forEach((value, at) => {
                expected[at] += stepOf(value, at, { clamp, levels }, { round, provider }) * (clamp / levels);
              });
            }
            sum.forEach((value, at) => {
              assert.ok(Math.abs(value - expected[at]) < 1e-5);
            });
            return sum;
          },
        };
      },
      consortium,
    );
    assertFulfilled(await world.run());
    assert.equal(given.length, 12);
  });

  it('sums without a provider that ordered but never delivered, refunds it, and says who was missing', async () => {
    const world = await createWorld([60, 50, 40, 30], onion);
    const [gone] = world.parties.slice(-1);
    const stop = new AbortController();
    // The last party dies in round 2, between its orders and its delivery.
    const { envelopes } = gone.member;
    Object.assign(gone.member, {
      envelopes: {
        ...envelopes,
        seal: (request: Parameters<typeof envelopes.seal>[0], gradient: Float32Array) => {
          if (request.round < 2) return envelopes.seal(request, gradient);
          world.network.leave(3);
          stop.abort(new Error('killed'));
          return new Promise<never>((_, reject) => reject(new Error('killed')));
        },
      },
    });
    const dying = world.run([3], stop.signal);
    const others = world.run([0, 1, 2]);
    await dying;
    // Each phase the dead party holds up ends by its deadline.
    const survivors = world.parties.slice(0, 3);
    const finished = (party: WorldParty) => party.events.some(({ type }) => type === 'finished');
    await endPhasesWithout(world, 3, () => survivors.every(finished));
    assertFulfilled(await others);
    for (const party of survivors) {
      const second = roundsOf(party)[1];
      assert.deepEqual(second.missing, [3]);
      assert.equal(second.skipped, false);
      assert.ok(second.received > 0 && second.received < second.ordered);
    }
    await assertBooks(world);
  });

  it('refuses a blob with a flipped byte, names its provider, and gets its sum through a claim', async () => {
    const world = await createWorld([60, 50, 40, 30], onion);
    world.network.setFaults({
      tamper(delivery, content) {
        if (delivery.protocol !== 'blob' || delivery.round !== 1 || delivery.provider !== 2 || delivery.requester !== 0)
          return content;
        const changed = content.slice();
        changed[200] ^= 1;
        return changed;
      },
    });
    assertFulfilled(await world.run());
    const [victim] = world.parties;
    const [first, second] = roundsOf(victim);
    assert.ok(!first.skipped && first.received === first.ordered);
    assert.deepEqual(first.missing, []);
    assert.ok(!second.skipped);
    assert.ok(warningsOf(victim).some(({ code, party, round }) => code === 'BAD_BLOB' && party === 2 && round === 1));
  });

  it('loses two sums, but no time for ratings, to a provider that commits and never serves its blobs', async () => {
    const world = await createWorld([60, 50, 40, 30], onion, smallConsortium({ rounds: 4 }));
    const [mute] = world.parties.slice(-1);
    const { exchange } = mute.member;
    const asked = new Set<number>();
    Object.assign(mute.member, {
      exchange: {
        ...exchange,
        serve: (handlers: Parameters<typeof exchange.serve>[0]) =>
          exchange.serve({
            ...handlers,
            blob: async (requester: number) => {
              asked.add(requester);
              throw new AlgorithmError('NOT_READY', 'Never.', { fault: 'peer' });
            },
            evidence: async () => {
              throw new AlgorithmError('NOT_READY', 'Never.', { fault: 'peer' });
            },
          }),
      },
    });
    const running = world.run();
    const survivors = world.parties.slice(0, 3);
    let over = false;
    void running.then(() => {
      over = true;
    });
    while (!over) {
      await new Promise((resolve) => setImmediate(resolve));
      // Half a phase is over: the wait for gradients has ended, that for labels has not.
      const { phase } = await mute.member.ledger.state();
      if (asked.size === 3 && phase === 'evaluate') {
        asked.clear();
        world.clock.advance(33);
      }
      // What is left then is claims, whose windows are long.
      if (phase === 'closed') world.clock.advance(60);
    }
    assertFulfilled((await running).slice(0, 3));
    for (const party of survivors) {
      const rounds = roundsOf(party);
      assert.deepEqual(
        rounds.map(({ skipped }) => skipped),
        [true, true, false, false],
      );
      // Once may be an outage; the second time in a row it is reported, and removed.
      assert.deepEqual(
        rounds.map(({ reported }) => reported),
        [[], [3], [], []],
      );
      assert.deepEqual(rounds[0].missing, [3]);
      assert.ok(warningsOf(party).every(({ message }) => message !== 'Did not label the samples'));
    }
    await assertBooks(world);
  });

  it('lets a party order from as many as its contribution allows, and does not serve one that asks more', async () => {
    const base = smallConsortium();
    const consortium = { ...base, aggregation: { ...base.aggregation, providers: 'graded' as const } };
    const world = await createWorld([100, 100, 100, 20, 20], onion, consortium);
    const { ledger } = world.parties[4].member;
    Object.assign(world.parties[4].member, {
      ledger: {
        ...ledger,
        async download(round: number, _: unknown, key: Uint8Array) {
          const all = [0, 1, 2, 3].map((provider) => ({ provider, count: 1 }));
          await ledger.download(round, all, key);
        },
      },
    });
    assertFulfilled(await world.run());
    // With s = 0.2 the limit in round 3 is round(0.2 · 4) = 1, raised to the 2 that a sum needs: 3 would be more than half.
    assert.equal(roundsOf(world.parties[0])[2].missing.length, 0);
    const last = await ledger.orders(3);
    const askedBy = (id: number) => last.filter(({ requester }) => requester === id).length;
    assert.deepEqual([0, 1, 2, 3].map(askedBy), [4, 4, 4, 2]);
    assert.equal(roundsOf(world.parties[3])[2].skipped, false);
    assert.deepEqual(roundsOf(world.parties[4])[2].missing, [0, 1, 2, 3]);
    assert.equal(roundsOf(world.parties[4])[2].received, 0);
    assert.ok(warningsOf(world.parties[0]).some(({ code, party }) => code === 'TOO_MANY_PROVIDERS' && party === 4));
    await assertBooks(world);
  });

  it('does not let a party bare another by asking one entry of the others and all of that one', async () => {
    // Party 3 shares so much more than 0 and 1 together that party 2, honest, must order less of it than it could have.
    const sharedSamples = [30, 6, 40, 60];
    const world = await createWorld([60, 60, 60, 60], onion, smallConsortium({ rounds: 1 }), (party) => ({
      sharedSamples: sharedSamples[party],
    }));
    const { ledger } = world.parties[0].member;
    Object.assign(world.parties[0].member, {
      ledger: {
        ...ledger,
        async download(round: number, orders: readonly { provider: number; count: number }[], key: Uint8Array) {
          const lopsided = orders.map(({ provider, count }) => ({ provider, count: provider === 3 ? count : 1 }));
          await ledger.download(round, lopsided, key);
        },
      },
    });
    assertFulfilled(await world.run());
    const [first] = roundsOf(world.parties[0]);
    assert.deepEqual(first.missing, [3]);
    assert.equal(first.received, 2);
    assert.ok(warningsOf(world.parties[3]).some(({ code, party }) => code === 'DOMINANT' && party === 0));
    const placed = (await ledger.orders(1)).filter(({ requester }) => requester === 2);
    const [most, ...rest] = placed.map(({ count }) => count).sort((a, b) => b - a);
    assert.equal(most, rest[0] + rest[1]);
    for (const party of world.parties.slice(1)) {
      const [{ ordered, received }] = roundsOf(party);
      assert.ok(ordered > 0 && received === ordered);
    }
    await assertBooks(world);
  });

  it('goes on when a party orders and resigns', async () => {
    const world = await createWorld([50, 50, 50, 50], onion);
    const leaver = world.parties[3];
    const { ledger } = leaver.member;
    Object.assign(leaver.member, {
      ledger: {
        ...ledger,
        async download(...given: Parameters<typeof ledger.download>) {
          await ledger.download(...given);
          const { parties } = await ledger.state();
          world.books.call(parties[3].account, { name: 'resign' });
        },
      },
    });
    assertFulfilled((await world.run()).slice(0, 3));
    for (const party of world.parties.slice(0, 3)) {
      assert.equal(roundsOf(party).length, 3);
      for (const { skipped } of roundsOf(party).slice(1)) assert.equal(skipped, false);
    }
    await assertBooks(world);
  });

  it('does not report a party that was not heard once', async () => {
    const world = await createWorld([50, 50, 50, 50], onion);
    let refusals = 0;
    world.network.setFaults({
      isSilent: ({ protocol, provider, round }) => {
        const silent = protocol === 'labels' && provider === 3 && round === 0;
        if (silent) refusals++;
        return silent;
      },
    });
    assertFulfilled(await world.run());
    assert.equal(refusals, 3);
    for (const party of world.parties) assert.equal(roundsOf(party).length, 3);
  });

  it('gives each credible party one set of labels a round, and no more rows than it declared', async () => {
    const world = await createWorld([50, 50, 50, 50], onion, smallConsortium({ rounds: 1 }));
    const { exchange } = world.parties[0].member;
    const answers: unknown[] = [];
    Object.assign(world.parties[0].member, {
      exchange: {
        ...exchange,
        async labels(...[party, round, indices, signal]: Parameters<typeof exchange.labels>) {
          const ask = (rows: Uint32Array) => exchange.labels(party, round, rows, signal).catch((error) => error.code);
          const labels = await exchange.labels(party, round, indices, signal);
          answers.push(
            [...(await ask(indices))].join() === [...labels].join(),
            await ask(Uint32Array.of(...indices.slice(1))),
            await ask(Uint32Array.from({ length: 26 }, (_, row) => row)),
            await ask(Uint32Array.of(3, 3)),
            await ask(new Uint32Array(0)),
            // Going back a round does not open the present one again.
            round > 0
              ? await exchange.labels(party, round - 1, indices, signal).catch((error) => error.code)
              : 'REFUSED',
          );
          return labels;
        },
      },
    });
    assertFulfilled(await world.run());
    assert.equal(answers.length, 2 * 3 * 6);
    for (let at = 0; at < answers.length; at += 6) {
      assert.deepEqual(answers.slice(at, at + 6), [true, ...Array(5).fill('REFUSED')]);
    }
  });

  it('asks for labels of as many rows as it declared, though it would share more by now', async () => {
    const world = await createWorld([50, 50, 50, 50], onion, smallConsortium({ rounds: 1 }));
    const { member } = world.parties[0];
    const { exchange, ledger } = member;
    const asked: number[] = [];
    Object.assign(member, {
      ledger: {
        ...ledger,
        init: (given: Parameters<typeof ledger.init>[0]) =>
          ledger.init({ ...given, samples: member.sharedSamples - 9 }),
      },
      exchange: {
        ...exchange,
        labels(...given: Parameters<typeof exchange.labels>) {
          asked.push(given[2].length);
          return exchange.labels(...given);
        },
      },
    });
    assertFulfilled(await world.run());
    assert.deepEqual(asked, Array(2 * 3).fill(16));
    assert.deepEqual(warningsOf(world.parties[0]), []);
  });

  it('does not add a sum that honest providers cannot have given', async () => {
    const world = await createWorld([60, 50, 40, 30], (member) => {
      const envelopes = onion(member);
      return {
        ...envelopes,
        // Party 3 masks for another round, so that nothing cancels.
        seal: async (request, gradient) =>
          await envelopes.seal(
            (await member.ledger.self()) === 3
              ? {
                  ...request,
                  beacon: new Uint8Array(32),
                  parties: request.parties.map((party) => ({ ...party, maskKey: member.keys.maskKey })),
                }
              : request,
            gradient,
          ),
      };
    });
    assertFulfilled(await world.run());
    for (const party of world.parties.slice(0, 3)) {
      for (const { skipped } of roundsOf(party)) assert.ok(skipped);
      assert.ok(warningsOf(party).every(({ code }) => code === 'IMPLAUSIBLE'));
    }
    await assertBooks(world);
  });

  it('removes a party that labels at random, by majority, and goes on without it', async () => {
    const world = await createWorld([60, 60, 60, 60, 60], onion);
    const [liar] = world.parties.slice(-1);
    const { exchange } = liar.member;
    Object.assign(liar.member, {
      exchange: {
        ...exchange,
        serve: (handlers: Parameters<typeof exchange.serve>[0]) =>
          exchange.serve({ ...handlers, labels: async (_, __, indices) => new Uint8Array(indices.length).fill(2) }),
      },
    });
    const results = await world.run();
    assertFulfilled(results.slice(0, 4));
    const last = results[4];
    assert.ok(last.status === 'rejected' && last.reason.code === 'REMOVED');
    for (const party of world.parties.slice(0, 4))
      for (const { credibility } of roundsOf(party)) assert.equal(credibility[4], 0);
    await assertBooks(world);
  });

  it('takes a late joiner in that was killed after its INIT and started again in the same round', async () => {
    const world = await createWorld([50, 50, 50, 50], onion, smallConsortium(), undefined, 3);
    const [early, late] = [world.parties[0], world.parties[3]];
    // Round 1 lasts until the late joiner is waiting for round 2, in its second life.
    const ordering = Promise.withResolvers<void>();
    const waiting = Promise.withResolvers<void>();
    const { ledger } = early.member;
    Object.assign(early.member, {
      ledger: {
        ...ledger,
        async download(...given: Parameters<typeof ledger.download>) {
          ordering.resolve();
          await waiting.promise;
          await ledger.download(...given);
        },
      },
    });
    const others = world.run([0, 1, 2]);
    await ordering.promise;
    const { member } = late;
    const reached = (act: () => void): Member => ({
      ...member,
      ledger: {
        ...member.ledger,
        async reached(...given) {
          if (given[0] === 2) act();
          return await member.ledger.reached(...given);
        },
      },
    });
    const killed = reached(() => {
      throw new Error('killed');
    });
    Object.assign(late, { member: killed });
    const [firstLife] = await world.run([3]);
    assert.ok(firstLife.status === 'rejected' && firstLife.reason.message === 'killed');
    Object.assign(late, { member: reached(waiting.resolve) });
    const secondLife = world.run([3]).finally(waiting.resolve);
    assertFulfilled(await secondLife);
    assertFulfilled(await others);
    assert.deepEqual(
      roundsOf(late).map(({ round }) => round),
      [2, 3],
    );
    await assertBooks(world);
  });

  it('takes a party back that left, with a new store and new samples', async () => {
    const world = await createWorld([50, 50, 50, 50], onion, smallConsortium({ rounds: 4 }));
    const [waiting, leaver] = [world.parties[0], world.parties[3]];
    const back = Promise.withResolvers<void>();
    const { ledger } = waiting.member;
    Object.assign(waiting.member, {
      ledger: {
        ...ledger,
        async download(...given: Parameters<typeof ledger.download>) {
          if (given[0] === 2) await back.promise;
          await ledger.download(...given);
        },
      },
    });
    const { member } = leaver;
    const leaving = async () => {
      const { parties } = await member.ledger.state();
      world.books.call(parties[3].account, { name: 'resign' });
      throw new Error('left');
    };
    Object.assign(leaver, { member: { ...member, ledger: { ...member.ledger, download: leaving } } });
    const others = world.run([0, 1, 2]);
    const [left] = await world.run([3]);
    assert.ok(left.status === 'rejected' && left.reason.message === 'left');
    const reached: Ledger['reached'] = async (...given) => {
      back.resolve();
      return await member.ledger.reached(...given);
    };
    const refused: unknown[] = [];
    // It has its model only some time after the others have asked for its labels.
    const asked = Promise.withResolvers<void>();
    const store = createMemoryStore();
    const { inputs, shape } = toyExamples(60, 998);
    const privacy = { generator: 'gaussian', epsilon: 4, delta: 1e-5, unit: 'record' } as const;
    Object.assign(leaver, {
      member: {
        ...member,
        store: {
          ...store,
          async roundKey(round) {
            const { phase } = await member.ledger.state();
            if (phase === 'evaluate') await asked.promise;
            return await store.roundKey(round);
          },
        },
        generator: { generate: async () => ({ samples: { inputs, shape }, privacy }) },
        ledger: { ...member.ledger, reached },
        exchange: {
          ...member.exchange,
          serve: (handlers) =>
            member.exchange.serve({
              ...handlers,
              async labels(...given) {
                try {
                  const labels = handlers.labels(...given);
                  labels.catch(() => undefined);
                  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
                  asked.resolve();
                  return await labels;
                } catch (error) {
                  refused.push(error);
                  throw error;
                }
              },
            }),
        },
      } satisfies Member,
    });
    assertFulfilled(await world.run([3]).finally(back.resolve));
    assertFulfilled(await others);
    // It came back in round 1 or 2; how much it orders depends on the points it had left.
    const rounds = roundsOf(leaver);
    assert.deepEqual(
      rounds.slice(-2).map(({ round }) => round),
      [3, 4],
    );
    assert.ok(rounds.some(({ received }) => received > 0));
    assert.deepEqual(
      refused,
      [],
      'who asks for labels before its model is there waits for it, as with any other party',
    );
    await assertBooks(world);
  });

  it('does not go on in another ledger with what it kept of the first', async () => {
    const [first, second] = await Promise.all([createWorld([50, 40, 30], onion), createWorld([50, 40, 30], onion)]);
    assertFulfilled(await first.run());
    const [{ member }] = second.parties;
    Object.assign(second.parties[0], { member: { ...member, store: first.parties[0].store } });
    const [result] = await second.run([0]);
    assert.ok(result.status === 'rejected' && result.reason.code === 'WRONG_LEDGER');
  });

  it('ends with the same model when a party is killed after any act and started again', async () => {
    const whole = await createWorld([50, 40, 30], onion, smallConsortium({ rounds: 2 }));
    assertFulfilled(await whole.run());
    const expected = await Promise.all(whole.parties.map(({ store }) => store.checkpoint()));

    for (const act of ['download', 'upload', 'report'] as const) {
      const world = await createWorld([50, 40, 30], onion, smallConsortium({ rounds: 2 }));
      const { member } = world.parties[0];
      let killed = false;
      const dying: Member = {
        ...member,
        ledger: {
          ...member.ledger,
          async [act](round: number, ...rest: never[]) {
            // biome-ignore lint/suspicious/noExplicitAny: the three acts differ in their second parameter only
            await (member.ledger[act] as any)(round, ...rest);
            if (round === 2 && !killed) {
              killed = true;
              throw new Error('killed');
            }
          },
        },
      };
      Object.assign(world.parties[0], { member: dying });
      const others = world.run([1, 2]);
      const [first] = await world.run([0]);
      assert.equal(first.status, 'rejected', act);
      assertFulfilled(await world.run([0]));
      assertFulfilled(await others);
      const checkpoints = await Promise.all(world.parties.map(({ store }) => store.checkpoint()));
      assert.deepEqual(
        checkpoints.map((checkpoint) => checkpoint?.parameters),
        expected.map((checkpoint) => checkpoint?.parameters),
        act,
      );
    }
  });
});
