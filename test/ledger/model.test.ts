/**
 * The contract does what its model does: random lives of a ledger give the same events, refusals and state on both.
 * `DPPDL_LIVES` sets how many (default 40), `DPPDL_SEED` which.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { joiningOf, lives, MEMBERS, play } from './sequences.ts';
import { openLaboratory, type Twin } from './twin.ts';

const runs = Number(process.env['DPPDL_LIVES'] ?? 40);
const seed = Number(process.env['DPPDL_SEED'] ?? 7);

describe('the contract and its model', async () => {
  const laboratory = await openLaboratory();
  const members = laboratory.wallets.slice(0, MEMBERS).map(({ address }) => address);
  const seen = new Map<string, number>();

  it(`agree on ${runs} random lives`, async () => {
    const life = fc.asyncProperty(lives(60), async ({ facts, formed, moves }) => {
      const twin: Twin = await laboratory.deploy(facts, members);
      if (formed) {
        const joining = joiningOf(twin.model, laboratory.wallets);
        for (const { sender, call, wait } of joining) await twin.apply(sender, call, wait);
      }
      for (const move of moves) {
        for (const { sender, call, wait } of play(move, twin.model, laboratory.wallets, () => twin.time)) {
          const outcome = await twin.apply(sender, call, wait);
          const names =
            'events' in outcome ? outcome.events.map((event) => String(Object(event).name)) : [outcome.revert];
          for (const name of names) seen.set(name, (seen.get(name) ?? 0) + 1);
        }
        await twin.compare();
      }
    });
    await fc.assert(life, { numRuns: runs, seed, endOnFailure: false });
  });

  it('go through every event on the way', () => {
    if (process.env['DPPDL_TRACE'] !== undefined) console.log([...seen].sort());
    for (const name of ['Initialised', 'Downloaded', 'Uploaded', 'Refunded', 'Removed', 'Resigned', 'ClaimResolved']) {
      assert.ok(seen.has(name), name);
    }
  });
});
