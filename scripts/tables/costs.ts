/**
 * What a round costs: bytes on the wire and gas, against the number of parties.
 * @module
 */
import { measureRound } from '../bench/measureGas.ts';
import { requestIn, runsOf, withSeeds } from './rows.ts';
import type { Row, Scope, Table } from './table.ts';

/** A steady round is the second. */
const ROUNDS = 2;

function rowsOf(scope: Scope) {
  return scope.parties.map((parties) =>
    requestIn(scope, { parties, setting: 'same', rounds: ROUNDS, measureEvery: ROUNDS, secure: true }),
  );
}

/** The table of costs. */
export const costsTable: Table = {
  name: 'costs',
  title: 'Bytes and gas per round',
  requests: (scope) => rowsOf(scope).flatMap((request) => withSeeds(request, [1])),
  async write(scope, find) {
    const points: object[] = [];
    const rows: Row[] = [];
    for (const request of rowsOf(scope)) {
      const { runs, seeds, command } = runsOf(find, request, [1]);
      const { parties } = request;
      const [{ bytesPerRound }] = runs;
      if (bytesPerRound === null) throw new TypeError('Costs need runs of two rounds with the onion.');
      const { download, upload, report } = await measureRound(parties);
      const gas = parties * (download + upload + report);
      const perExchange = bytesPerRound / (parties - 1);
      points.push(
        { parties, what: 'MB per party', value: bytesPerRound / 1e6 },
        { parties, what: 'million gas', value: gas / 1e6 },
      );
      rows.push({
        cells: {
          parties,
          'MB sent per party': (bytesPerRound / 1e6).toFixed(2),
          'kB per exchange': (perExchange / 1e3).toFixed(1),
          'gas of all': gas.toLocaleString('en-US'),
          'gas per party': Math.round(gas / parties).toLocaleString('en-US'),
          'gas per exchange': Math.round(gas / (parties * (parties - 1))).toLocaleString('en-US'),
        },
        values: { parties, bytesPerRound, gas, download, upload, report },
        seeds,
        command,
      });
    }
    return {
      rows,
      notes: [
        'Bytes are those a party sends in the second of two rounds with the onion, labels and headers included. Gas is that of a steady round in which everybody orders from and delivers to everybody and reports, as `npm run bench:gas` measures it.',
      ],
      charts: {
        costs: {
          caption: 'Cost of a round against the number of parties',
          spec: {
            background: 'white',
            data: { values: points },
            facet: { field: 'what', type: 'nominal', title: null },
            spec: {
              width: 220,
              height: 180,
              mark: { type: 'line', point: true },
              encoding: {
                x: { field: 'parties', type: 'quantitative' },
                y: { field: 'value', type: 'quantitative', title: null },
                color: { value: '#0072b2' },
              },
            },
            resolve: { scale: { y: 'independent' } },
          },
        },
      },
    };
  },
};
