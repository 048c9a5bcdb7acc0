/**
 * The contract does what its model does: random lives of a ledger give the same events, refusals and state on both.
 * `DPPDL_LIVES` sets how many (default 40), `DPPDL_SEED` which.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { playLife } from './life.ts';
import { lives } from './sequences.ts';
import { openLaboratory } from './twin.ts';

const runs = Number(process.env['DPPDL_LIVES'] ?? 40);
const seed = Number(process.env['DPPDL_SEED'] ?? 7);

describe('the contract and its model', async () => {
  const laboratory = await openLaboratory();
  const seen = new Map<string, number>();
  const note = (name: string) => seen.set(name, (seen.get(name) ?? 0) + 1);

  it(`agree on ${runs} random lives`, async () => {
    const life = fc.asyncProperty(lives(60), (given) => playLife(laboratory, given, { note }));
    await fc.assert(life, { numRuns: runs, seed });
  });

  it('go through every event on the way', () => {
    if (process.env['DPPDL_TRACE'] !== undefined) console.log([...seen].sort());
    for (const name of ['Initialised', 'Downloaded', 'Uploaded', 'Refunded', 'Removed', 'Resigned', 'ClaimResolved']) {
      assert.ok(seen.has(name), name);
    }
  });
});
