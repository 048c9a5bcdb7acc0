/**
 * The ledger at length: thousands of random lives on the contract and its model, and gas at 256 parties.
 * `DPPDL_LIVES` sets how many lives (default 3000), `DPPDL_SEED` which (default: another one every time, printed).
 * @module
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { measureRound, measureWorst } from '../../scripts/bench/measureGas.ts';
import { ledgerInterface } from '../../sdk/contract.ts';
import { playLife } from '../ledger/life.ts';
import { lives } from '../ledger/sequences.ts';
import { openLaboratory } from '../ledger/twin.ts';

const runs = Number(process.env['DPPDL_LIVES'] ?? 3000);
const seed = Number(process.env['DPPDL_SEED'] ?? Date.now() % 0x7fffffff);

describe('the ledger at length', async () => {
  const seen = new Set<string>();
  const note = (name: string) => seen.add(name);

  it(`agrees with its model on ${runs} random lives (seed ${seed})`, async () => {
    // A chain of its own for every hundred lives, so that none grows long.
    for (let first = 0; first < runs; first += 100) {
      const laboratory = await openLaboratory();
      const life = fc.asyncProperty(lives(90), (given) => playLife(laboratory, given, { note }));
      await fc.assert(life, { numRuns: Math.min(100, runs - first), seed: seed + first });
      await laboratory.close();
    }
  });

  it('saw every event and every refusal a call can meet', { skip: runs < 3000 }, () => {
    /** Refusals of deployment alone. */
    const deployment = [
      'ConstitutionInvalidFact',
      'ConstitutionTooManyMembers',
      'ConstitutionInvalidMember',
      'Constituted',
    ];
    const missing: string[] = [];
    ledgerInterface.forEachEvent(({ name }) => void (seen.has(name) || missing.push(name)));
    ledgerInterface.forEachError(({ name }) => void (seen.has(name) || missing.push(name)));
    assert.deepEqual(
      missing.filter((name) => !deployment.includes(name)),
      [],
    );
  });

  it('costs what is noted at 256 parties', async () => {
    const table = z.object({ gas: z.record(z.string(), z.record(z.string(), z.number())) });
    const text = readFileSync(new URL('../gas.json', import.meta.url), 'utf8');
    const file = z.object({ round: table, worst: table }).parse(JSON.parse(text));
    for (const [measured, noted] of [
      [await measureRound(256), file.round.gas[256]],
      [await measureWorst(256), file.worst.gas[256]],
    ]) {
      for (const [name, gas] of Object.entries(measured)) assert.ok(Math.abs(gas - noted[name]) <= 0.01 * noted[name]);
    }
  });
});
