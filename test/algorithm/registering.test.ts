/**
 * What parties register, or whether they leave, in the middle of a round: the round goes by what was true when it began.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { ExchangeHandlers } from '../../node/algorithm/ports.ts';
import { createNodeKeys } from '../../node/nodeKeys.ts';
import {
  assertBooks,
  assertFulfilled,
  createWorld,
  onion,
  register,
  roundsOf,
  smallConsortium,
  warningsOf,
} from './world.ts';

describe('a round', () => {
  it('is not stopped by a party that registers keys with which nothing can be agreed', async () => {
    const world = await createWorld([50, 50, 50, 50], onion);
    const { envelopes, keys } = world.parties[3].member;
    Object.assign(world.parties[3].member, {
      keys: { ...keys, maskKey: new Uint8Array(32).fill(1, 0, 1) },
      envelopes: { ...envelopes, isKeyed: async () => true },
    });
    assertFulfilled(await world.run([0, 1, 2, 3]));
    for (const party of world.parties.slice(0, 3)) {
      for (const { ordered, received, skipped } of roundsOf(party))
        assert.ok(ordered > 0 && received === ordered && !skipped);
      assert.ok(warningsOf(party).some(({ code, party: whose }) => code === 'INVALID_KEY' && whose === 3));
    }
    for (const { received } of roundsOf(world.parties[3])) assert.equal(received, 0);
    await assertBooks(world);
  });

  it('is not stopped by a party that registers such a key when the others have ordered from it', async () => {
    const world = await createWorld([50, 50, 50, 50], onion, smallConsortium({ rounds: 2 }));
    const { member } = world.parties[3];
    const { ledger } = member;
    Object.assign(member, {
      ledger: {
        ...ledger,
        async download(...given: Parameters<typeof ledger.download>) {
          while ((await ledger.orders(1)).length < 9) await turn();
          if (given[0] === 1) register(world, 3, { maskKey: `0x01${'00'.repeat(31)}` });
          await ledger.download(...given);
        },
      },
    });
    assertFulfilled(await world.run());
    for (const party of world.parties.slice(0, 3)) {
      for (const { ordered, received, skipped } of roundsOf(party)) {
        assert.ok(ordered > 0 && received === ordered && !skipped);
      }
    }
    assert.deepEqual(
      roundsOf(world.parties[3]).map(({ skipped }) => skipped),
      [false, true],
    );
    await assertBooks(world);
  });

  it('counts what a party contributes as it was when the round began', async () => {
    const base = smallConsortium();
    const consortium = { ...base, aggregation: { ...base.aggregation, providers: 'graded' as const } };
    const world = await createWorld([100, 100, 100, 100, 100], onion, consortium, (party) =>
      party === 4 ? { sharedSamples: 10 } : {},
    );
    const { ledger } = world.parties[4].member;
    Object.assign(world.parties[4].member, {
      ledger: {
        ...ledger,
        async download(round: number, _: unknown, key: Uint8Array) {
          register(world, 4, { samples: 100 });
          const all = [0, 1, 2, 3].map((provider) => ({ provider, count: 1 }));
          await ledger.download(round, all, key);
        },
        async upload(...given: Parameters<typeof ledger.upload>) {
          register(world, 4, { samples: 10 });
          await ledger.upload(...given);
        },
      },
    });
    assertFulfilled(await world.run());
    for (const { received, missing } of roundsOf(world.parties[4])) {
      assert.deepEqual([received, missing], [0, [0, 1, 2, 3]]);
    }
    await assertBooks(world);
  });

  it('fills orders that were right when they were placed though a party has resigned since', async () => {
    const world = await createWorld([50, 50, 50, 50, 50], onion, smallConsortium({ rounds: 1 }));
    const resigned = Promise.withResolvers<void>();
    const { ledger } = world.parties[4].member;
    Object.assign(world.parties[4].member, {
      ledger: {
        ...ledger,
        async download() {
          while ((await ledger.orders(1)).length < 12) await turn();
          world.books.call(world.books.model.parties[4].account, { name: 'resign' });
          resigned.resolve();
          throw new Error('This party has resigned.');
        },
      },
    });
    // Party 0 trains for longer, and looks at the order phase when the other is gone.
    const { ledger: slow } = world.parties[0].member;
    Object.assign(world.parties[0].member, {
      ledger: {
        ...slow,
        async reached(...given: Parameters<typeof slow.reached>) {
          if (given[0] === 1 && given[1] === 'order') await resigned.promise;
          return await slow.reached(...given);
        },
      },
    });
    const results = await world.run();
    assertFulfilled(results.slice(0, 4));
    for (const party of world.parties.slice(0, 4)) {
      const [{ missing, skipped }] = roundsOf(party);
      assert.deepEqual([skipped, missing], [false, party === world.parties[0] ? [] : [4]]);
    }
    await assertBooks(world);
  });

  it('keeps its sums exact when a party registers another mask key between orders and deliveries', async () => {
    const world = await createWorld([50, 50, 50, 50], onion, smallConsortium({ rounds: 2 }));
    const { member } = world.parties[3];
    const changed = Promise.withResolvers<void>();
    const { maskKey } = createNodeKeys(new Uint8Array(32).fill(5));
    for (const { member: each } of world.parties) {
      const { ledger } = each;
      Object.assign(each, {
        ledger: {
          ...ledger,
          async reached(...given: Parameters<typeof ledger.reached>) {
            const state = await ledger.reached(...given);
            if (given[0] === 1 && given[1] === 'deliver') {
              if (each === member) {
                register(world, 3, { maskKey: `0x${Buffer.from(maskKey).toString('hex')}` });
                changed.resolve();
              }
              await changed.promise;
              return await ledger.state();
            }
            return state;
          },
        },
      });
    }
    assertFulfilled(await world.run());
    for (const [id, party] of world.parties.entries()) {
      const [first, second] = roundsOf(party);
      assert.ok(
        first.received === first.ordered && !first.skipped,
        'the round in which it changed is as if it had not',
      );
      if (id === 3) assert.ok(warningsOf(party).some(({ code, round }) => code === 'KEY_CHANGED' && round === 2));
      else assert.ok(!second.skipped && second.missing.join() === '3', 'the next one goes by the new key');
    }
    await assertBooks(world);
  });

  it('gives labels for as many samples as a party declared when it began, and for those asked again', async () => {
    const world = await createWorld([50, 50, 50, 50], onion, smallConsortium({ rounds: 1 }));
    const { member } = world.parties[3];
    const { exchange, ledger } = member;
    const asked: number[] = [];
    const answers: unknown[] = [];
    Object.assign(member, {
      ledger: {
        ...ledger,
        async reached(...given: Parameters<typeof ledger.reached>) {
          const state = await ledger.reached(...given);
          if (state.phase !== 'benchmark' && state.phase !== 'evaluate') return state;
          register(world, 3, { samples: 2 });
          return await ledger.state();
        },
      },
      exchange: {
        ...exchange,
        async labels(...[labeller, round, indices, signal]: Parameters<typeof exchange.labels>) {
          asked.push(indices.length);
          register(world, 3, { samples: 50 });
          const all = Uint32Array.from({ length: 50 }, (_, row) => row);
          answers.push(await exchange.labels(labeller, round, all, signal).catch(({ code }) => code));
          register(world, 3, { samples: 1 });
          const labels = await exchange.labels(labeller, round, indices, signal);
          register(world, 3, { samples: 25 });
          return labels;
        },
      },
    });
    assertFulfilled(await world.run());
    assert.deepEqual(asked, Array(2 * 3).fill(25));
    assert.deepEqual(answers, Array(2 * 3).fill('REFUSED'));
    assert.deepEqual(warningsOf(world.parties[3]), [], 'all gave the labels that were due');
  });

  it('judges a party by the examples it stated when it began', async () => {
    const base = smallConsortium({ rounds: 1 });
    const smallParties = { from: 1, below: 30, thresholdShare: 0 };
    const consortium = { ...base, credibility: { ...base.credibility, smallParties } };
    const world = await createWorld([50, 50, 50, 50, 50], onion, consortium);
    const { exchange } = world.parties[4].member;
    Object.assign(world.parties[4].member, {
      exchange: {
        ...exchange,
        serve: (handlers: ExchangeHandlers) =>
          exchange.serve({
            ...handlers,
            async labels(_requester, _round, indices) {
              register(world, 4, { examples: 29, samples: 25 });
              return new Uint8Array(indices.length).fill(9);
            },
          }),
      },
    });
    assertFulfilled((await world.run()).slice(0, 4));
    assert.equal((await world.parties[0].member.ledger.state()).parties[4].credible, false);
  });
});
