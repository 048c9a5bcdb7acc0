/**
 * Writes `test/gas.json`: what every call of the ledger costs at 4, 15, 50 and 256 parties. `npm run bench:gas`.
 * @module
 */
import { writeFileSync } from 'node:fs';
import Table from 'cli-table3';
import { type GasTable, MOST_PARAMETERS, measurePlain, measureRound, measureWorst, PARAMETERS } from './measureGas.ts';

const sizes = [4, 15, 50, 256];
const tables = async (measure: (n: number) => Promise<GasTable>) => {
  const result: Record<string, GasTable> = {};
  for (const n of sizes) result[n] = await measure(n);
  return result;
};

const round = await tables(measureRound);
const plain = await tables(measurePlain);
const worst = await tables(measureWorst);
const report = {
  about: 'Gas by number of parties. Written by "npm run bench:gas".',
  round: { parameterCount: PARAMETERS, gas: round },
  plain: { gas: plain },
  worst: { parameterCount: MOST_PARAMETERS, gas: worst },
};
writeFileSync(new URL('../../test/gas.json', import.meta.url), `${JSON.stringify(report, null, 2)}\n`);

for (const [title, gas] of [
  ['a steady round', round],
  ['one transaction per upload and download', plain],
  ['worst case', worst],
] as const) {
  const table = new Table({ head: [title, ...sizes.map((n) => `n = ${n}`)] });
  for (const name of Object.keys(gas[sizes[0]])) {
    // What there cannot be with so many parties has no cell.
    const cells = sizes.map((n) => gas[n][name]?.toLocaleString('en') ?? '–');
    table.push([name, ...cells.map((content) => ({ hAlign: 'right' as const, content }))]);
  }
  console.log(table.toString());
}
