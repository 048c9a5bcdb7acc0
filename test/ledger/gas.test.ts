/**
 * The ledger costs what `test/gas.json` says, and that is within the targets. After a change of the contracts write
 * the file again with `npm run bench:gas` and look at the difference.
 * @module
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { type GasTable, measurePlain, measureRound, measureWorst } from '../../scripts/bench/measureGas.ts';

/** Share by which a figure may differ: what zero bytes in addresses and hashes make. */
const TOLERANCE = 0.01;

const sizes = z.record(z.string(), z.record(z.string(), z.number()));
const file = z
  .object({ round: z.object({ gas: sizes }), plain: z.object({ gas: sizes }), worst: z.object({ gas: sizes }) })
  .parse(JSON.parse(readFileSync(new URL('../gas.json', import.meta.url), 'utf8')));

function assertClose(measured: GasTable, noted: GasTable): void {
  assert.deepEqual(Object.keys(measured), Object.keys(noted));
  for (const [name, gas] of Object.entries(measured)) {
    assert.ok(Math.abs(gas - noted[name]) <= TOLERANCE * noted[name], `${name}: ${gas}, noted ${noted[name]}`);
  }
}

describe('gas', () => {
  for (const n of [4, 15, 50]) {
    it(`of a round of ${n} parties is as noted`, async () => {
      assertClose(await measureRound(n), file.round.gas[n]);
    });

    it(`of the worst cases of ${n} parties is as noted`, async () => {
      assertClose(await measureWorst(n), file.worst.gas[n]);
    });

    it(`of one transaction per upload and download among ${n} is as noted`, async () => {
      assertClose(await measurePlain(n), file.plain.gas[n]);
    });
  }

  it('meets the targets', () => {
    assert.ok(file.round.gas[50]['perExchange'] <= 6_000);
    assert.ok(file.round.gas[4]['perExchange'] <= 40_000);
    const all = [...Object.entries(file.worst.gas[256]), ...Object.entries(file.round.gas[256])];
    for (const [call, gas] of all) assert.ok(gas < 30_000_000, `${call}: ${gas}`);
  });
});
