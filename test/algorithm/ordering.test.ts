/**
 * The key of a round's blobs: fresh in every round, on disk before it is on the ledger, gone when the round is saved.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Member } from '../../node/algorithm/member.ts';
import type { RoundEvent } from '../../node/algorithm/ports.ts';
import { assertFulfilled, createWorld, onion, roundsOf, smallConsortium } from './world.ts';

describe('the key of a round', () => {
  it('is another one in every round and of every party, and none that is registered', async () => {
    const world = await createWorld([50, 40, 30], onion);
    const saved: string[] = [];
    const { store } = world.parties[0].member;
    Object.assign(world.parties[0].member, {
      store: {
        ...store,
        async saveCheckpoint(...given: Parameters<typeof store.saveCheckpoint>) {
          const [{ round }] = given;
          if (round > 0) assert.notEqual(await store.roundKey(round), undefined);
          await store.saveCheckpoint(...given);
          saved.push(String(round));
        },
      },
    });
    for (const result of await world.run()) assert.equal(result.status, 'fulfilled');
    assert.deepEqual(saved, ['0', '1', '2', '3']);
    const { ledger } = world.parties[0].member;
    const { parties } = await ledger.state();
    const keys = new Set(parties.map(({ encryptionKey }) => Buffer.from(encryptionKey).toString('hex')));
    for (const round of [1, 2, 3]) {
      for (const key of (await ledger.encryptionKeys(round)).values()) keys.add(Buffer.from(key).toString('hex'));
      assert.equal(await store.roundKey(round), undefined, 'who takes the node over cannot open blobs of past rounds');
    }
    assert.equal(keys.size, 3 + 3 * 3);
  });

  for (const moment of ['before it is on the ledger', 'before it is on the disk'] as const) {
    it(`opens the round's blobs after a death ${moment}`, async () => {
      const world = await createWorld([50, 40, 30], onion, smallConsortium({ rounds: 1 }));
      const { member } = world.parties[0];
      let isAlive = true;
      const die = (): void => {
        if (!isAlive) return;
        isAlive = false;
        throw new Error('killed');
      };
      const dying: Member = {
        ...member,
        ledger: {
          ...member.ledger,
          async download(...given) {
            if (moment === 'before it is on the ledger') die();
            await member.ledger.download(...given);
          },
        },
        store: {
          ...member.store,
          async saveRoundKey(...given) {
            if (moment === 'before it is on the disk') die();
            await member.store.saveRoundKey(...given);
          },
        },
      };
      Object.assign(world.parties[0], { member: dying });
      const others = world.run([1, 2]);
      const [first] = await world.run([0]);
      assert.ok(first.status === 'rejected' && first.reason.message === 'killed');
      for (const result of [...(await world.run([0])), ...(await others)]) assert.equal(result.status, 'fulfilled');
      for (const { events } of world.parties) {
        const round = events.find((event): event is RoundEvent => event.type === 'round');
        assert.ok(round !== undefined && !round.skipped && round.missing.length === 0);
      }
    });
  }
});

describe('the rules a consortium names', () => {
  /** What the parties see of three rounds; the last one has hardly any data, so that they differ. */
  const roundsBy = async (changes: {
    readonly budget?: 'balance' | 'half' | 'offered';
    readonly update?: 'normalised' | 'literal';
  }) => {
    const { budget, update } = changes;
    const base = smallConsortium({ rounds: 3 });
    const world = await createWorld([40, 40, 3], onion, {
      ...base,
      aggregation: { ...base.aggregation, ...(budget && { budget }) },
      credibility: { ...base.credibility, fade: 0.9, ...(update && { update }) },
    });
    assertFulfilled(await world.run());
    return world.parties.map(roundsOf);
  };

  it('decide how much a party orders: what its balance allows unless they say otherwise', async () => {
    const orderedBy = async (budget?: 'balance' | 'half' | 'offered') =>
      (await roundsBy(budget ? { budget } : {})).map((rounds) => rounds.map(({ ordered }) => ordered));
    const balance = await orderedBy('balance');
    assert.deepEqual(await orderedBy(), balance);
    (await orderedBy('half')).forEach((rounds, party) => {
      rounds.forEach((ordered, round) => {
        assert.ok(ordered > 0 && ordered < balance[party][round]);
      });
    });
    const offered = (await orderedBy('offered')).flat();
    assert.ok(balance.flat().every((count) => count > 0) && offered.includes(0), 'waits until its points suffice');
  });

  it('decide how credibility changes: by normalised values unless they say otherwise', async () => {
    const credibilityBy = async (update?: 'normalised' | 'literal') =>
      (await roundsBy(update ? { update } : {}))[0].map(({ credibility }) => credibility);
    const normalised = await credibilityBy('normalised');
    assert.deepEqual(await credibilityBy(), normalised);
    assert.notDeepEqual(await credibilityBy('literal'), normalised);
  });
});
