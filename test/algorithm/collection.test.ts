/**
 * Sums of those that delivered, whoever failed to, in whole rounds: exact, or refused with nothing given away.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AlgorithmError } from '../../node/algorithm/errors.ts';
import type { Member } from '../../node/algorithm/member.ts';
import { createOnionEnvelopes } from '../../node/algorithm/onionEnvelopes.ts';
import type { ExchangeHandlers } from '../../node/algorithm/ports.ts';
import { selectLargest } from '../../node/gradient/select.ts';
import { createSeededRandom } from '../../node/random.ts';
import type { PartyId } from '../../node/types.ts';
import { stepOf } from '../reference/onion.ts';
import {
  assertFulfilled,
  createWorld,
  roundsOf,
  smallConsortium,
  type World,
  type WorldParty,
  warningsOf,
} from './world.ts';

/** The onion, which also holds every sum against what its providers closed, and counts the sums. */
function checkedOnion() {
  const closed = new Map<string, Float32Array>();
  const at = (round: number, provider: PartyId, requester: PartyId) => `${round}/${provider}/${requester}`;
  const opened = { count: 0 };
  const create = (member: Omit<Member, 'envelopes'>) => {
    const { levels } = member.consortium.aggregation;
    const envelopes = createOnionEnvelopes({ ...member, aggregation: member.consortium.aggregation });
    return {
      ...envelopes,
      async seal(...[request, gradient]: Parameters<typeof envelopes.seal>) {
        const self = (await member.ledger.self()) ?? -1;
        const count = request.orders.find(({ provider }) => provider === self)?.count ?? 0;
        const { clamp, round } = request;
        const steps = selectLargest(gradient, count).map((value, entry) =>
          stepOf(value, entry, { clamp, levels }, { round, provider: self }),
        );
        closed.set(at(request.round, self, request.requester.id), steps);
        return await envelopes.seal(request, gradient);
      },
      async sum(...[request, delivered, seeds]: Parameters<typeof envelopes.sum>) {
        const sum = await envelopes.sum(request, delivered, seeds);
        const expected = new Float64Array(sum.length);
        for (const provider of delivered.keys()) {
          const steps = closed.get(at(request.round, provider, request.requester.id));
          steps?.forEach((step, entry) => {
            expected[entry] += step;
          });
        }
        sum.forEach((value, entry) => {
          assert.equal(Math.round((value * levels) / request.clamp), expected[entry]);
        });
        opened.count++;
        return sum;
      },
    };
  };
  return { create, opened };
}

/** Lets a party deliver to those requesters only that `delivers` names. */
function delivering({ member }: WorldParty, delivers: (round: number, requester: PartyId) => boolean): void {
  const { ledger } = member;
  Object.assign(member, {
    ledger: {
      ...ledger,
      upload: (...[round, deliveries]: Parameters<typeof ledger.upload>) =>
        ledger.upload(
          round,
          deliveries.filter(({ requester }) => delivers(round, requester)),
        ),
    },
  });
}

/** Seeds that were given, as "requester without missing". */
function watchSeeds(world: World, change: (self: PartyId, handlers: ExchangeHandlers) => Partial<ExchangeHandlers>) {
  const given: { requester: PartyId; missing: PartyId }[] = [];
  for (const [self, { member }] of world.parties.entries()) {
    const { exchange } = member;
    Object.assign(member, {
      exchange: {
        ...exchange,
        serve(handlers: ExchangeHandlers) {
          const changed = { ...handlers, ...change(self, handlers) };
          exchange.serve({
            ...changed,
            async maskSeed(requester, round, missing) {
              const seed = await changed.maskSeed(requester, round, missing);
              given.push({ requester, missing });
              return seed;
            },
          });
        },
      },
    });
  }
  return given;
}

describe('a sum', () => {
  it('is exact for any set of providers that fail to deliver, or nothing is opened and no seed is given', async () => {
    const random = createSeededRandom(11);
    const seen = { whole: 0, partial: 0, refused: 0 };
    for (let run = 0; run < 16; run++) {
      const { create, opened } = checkedOnion();
      const world = await createWorld([50, 45, 40, 35, 30], create, smallConsortium({ rounds: 1 }));
      // Whether i delivers to j, from hardly anybody to nearly everybody.
      const share = 0.2 + (0.75 * run) / 15;
      const delivers = world.parties.map(() => world.parties.map(() => random.uniform() < share));
      for (const [id, party] of world.parties.entries()) delivering(party, (_, requester) => delivers[id][requester]);
      const given = watchSeeds(world, () => ({}));
      assertFulfilled(await world.run());
      const orders = await world.parties[0].member.ledger.orders(1);
      let sums = 0;
      for (const [id, party] of world.parties.entries()) {
        const asked = orders.filter(({ requester }) => requester === id);
        const survivors = asked.filter(({ provider }) => delivers[provider][id]);
        const missing = asked.filter(({ provider }) => !delivers[provider][id]).map(({ provider }) => provider);
        const [round] = roundsOf(party);
        const isEnough = survivors.length >= 2;
        assert.equal(round.skipped, !isEnough);
        assert.deepEqual(round.missing, missing);
        assert.equal(round.received, isEnough ? survivors.reduce((sum, { count }) => sum + count, 0) : 0);
        const seeds = given.filter(({ requester }) => requester === id);
        for (const { missing: gone } of seeds) assert.ok(missing.includes(gone));
        assert.equal(seeds.length, isEnough ? survivors.length * missing.length : 0);
        if (!isEnough) assert.ok(warningsOf(party).some(({ code }) => code === 'GROUP_TOO_SMALL'));
        if (isEnough) sums++;
        seen[!isEnough ? 'refused' : missing.length > 0 ? 'partial' : 'whole']++;
      }
      assert.equal(opened.count, sums);
    }
    for (const count of Object.values(seen)) assert.ok(count >= 5, JSON.stringify(seen));
  });

  it('gets no seed for a party that may yet deliver, though it has not', async () => {
    const { create } = checkedOnion();
    const world = await createWorld([50, 45, 40, 35], create, smallConsortium({ rounds: 1 }));
    const given = watchSeeds(world, () => ({}));
    const uploaded = [0, 1, 2].map(() => Promise.withResolvers<void>());
    const codes: string[] = [];
    for (const [id, { member }] of world.parties.entries()) {
      const { ledger } = member;
      Object.assign(member, {
        ledger: {
          ...ledger,
          async upload(...upload: Parameters<typeof ledger.upload>) {
            if (id < 3) {
              await ledger.upload(...upload);
              uploaded[id].resolve();
              return;
            }
            // All others have delivered; their helpers could be asked, and the last one could still come.
            await Promise.all(uploaded.map(({ promise }) => promise));
            for (const helper of [1, 2]) {
              const stop = new AbortController();
              const asked = world.parties[0].member.exchange.maskSeed(helper, 1, 3, stop.signal);
              for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
              stop.abort();
              codes.push(
                await asked.then(
                  () => 'GIVEN',
                  ({ code }) => code,
                ),
              );
            }
            await ledger.upload(...upload);
          },
        },
      });
    }
    assertFulfilled(await world.run());
    assert.deepEqual(codes, ['TIMEOUT', 'TIMEOUT']);
    // Now that all is over, the ledger shows that it came.
    const { exchange } = world.parties[0].member;
    const late = exchange.maskSeed(1, 1, 3, new AbortController().signal);
    await assert.rejects(late, { code: 'REFUSED', fault: 'peer' });
    assert.deepEqual(given, []);
    for (const party of world.parties) assert.deepEqual(roundsOf(party)[0].missing, []);
  });

  it('that a survivor does not help with is not opened, and counts as its silence', async () => {
    const { create } = checkedOnion();
    const world = await createWorld([50, 45, 40, 35, 30], create, smallConsortium({ rounds: 3 }));
    delivering(world.parties[4], (round) => round > 2);
    watchSeeds(world, (self) => {
      if (self !== 3) return {};
      const maskSeed = async (): Promise<never> => {
        throw new AlgorithmError('REFUSED', 'No.', { fault: 'peer' });
      };
      return { maskSeed };
    });
    assertFulfilled((await world.run()).slice(0, 3));
    for (const party of world.parties.slice(0, 3)) {
      const rounds = roundsOf(party);
      assert.deepEqual(
        rounds.map(({ skipped, missing }) => [skipped, missing]),
        [
          [true, [4]],
          [true, [4]],
          [false, []],
        ],
      );
      assert.deepEqual(
        rounds.map(({ reported }) => reported),
        [[], [3], []],
      );
      assert.ok(warningsOf(party).some(({ code }) => code === 'SEED_UNAVAILABLE'));
    }
  });
});
