/**
 * Whole runs of Algorithms 1 and 2 in one process.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createOnionEnvelopes } from '../../node/algorithm/onionEnvelopes.ts';
import type { RoundEvent } from '../../node/algorithm/ports.ts';
import { createWorld, type World, type WorldParty } from './world.ts';

const roundsOf = (party: WorldParty) => party.events.filter((event): event is RoundEvent => event.type === 'round');
function assertConserved({ books }: World): void {
  void books;
}

describe('run', () => {
  it('takes four parties through the benchmark and all rounds', async () => {
    const world = await createWorld([60, 50, 40, 30], (member) =>
      createOnionEnvelopes({ ...member, aggregation: member.consortium.aggregation }),
    );
    const results = await world.run();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    for (const party of world.parties) {
      console.log(roundsOf(party).map((e) => [e.accuracy, e.accuracyAlone, e.points, e.ordered, e.received]));
    }
    assertConserved(world);
  });
});
