/**
 * Accuracy against the bits an exchanged entry takes.
 * @module
 */
import { contributionOf } from '../../node/simulation/setting.ts';
import { correlations, fairnessOf, plusMinus, spread } from '../simulate/statistics.ts';
import { bestOf, meanOf, requestIn, runsOf, withSeeds } from './rows.ts';
import type { Row, Scope, Table } from './table.ts';

/** As each row is compared with the others, few seeds do. */
const SEEDS = 2;
/** Steps between 0 and the clamp: 1 is ternary. */
const levels = [1, 4, 31, 2047] as const;

function rowsOf(scope: Scope) {
  return scope.some(levels).map((count) => ({
    count,
    request: requestIn(scope, {
      parties: scope.middle,
      setting: 'different',
      set: { 'aggregation.levels': count },
    }),
    seeds: scope.seeds('mlp', scope.middle).slice(0, SEEDS),
  }));
}

/** ⌈log2(2·levels·providers + 1)⌉ */
const bitsOf = (count: number, providers: number) => Math.ceil(Math.log2(2 * count * providers + 1));

/** The table of bits. */
export const bitsTable: Table = {
  name: 'bits',
  title: 'Accuracy against bits per entry',
  requests: (scope) => rowsOf(scope).flatMap(({ request, seeds }) => withSeeds(request, seeds)),
  write(scope, find) {
    const points: object[] = [];
    const rows = rowsOf(scope).map(({ count, request, seeds: wanted }): Row => {
      const { runs, seeds, command } = runsOf(find, request, wanted);
      const best = spread(runs.map(bestOf));
      const mean = spread(runs.map(meanOf));
      const r = spread(runs.flatMap((run) => fairnessOf(run.parties, contributionOf('different')).r ?? []));
      const alone = bitsOf(count, 1);
      const summed = bitsOf(count, scope.middle - 1);
      points.push(...runs.map((run) => ({ bits: summed, accuracy: bestOf(run) })));
      return {
        cells: {
          levels: count,
          'bits of one value': alone,
          'bits on the wire': summed,
          'best %': plusMinus(best, 2),
          'mean %': plusMinus(mean, 2),
          r: correlations(r, runs.length),
        },
        values: { levels: count, bits: alone, bitsOnTheWire: summed, best, mean, r },
        seeds,
        command,
      };
    });
    return {
      rows,
      notes: [
        `${scope.middle} parties, setting different, ${scope.rounds} rounds. A value takes one of 2·levels + 1 steps; on the wire it has the bits in which a sum of ${scope.middle - 1} of them cannot overflow.`,
      ],
      charts: {
        bits: {
          caption: 'Accuracy of the best party against bits per entry on the wire',
          spec: {
            background: 'white',
            width: 430,
            height: 240,
            data: { values: points },
            mark: { type: 'point', filled: true, size: 40 },
            encoding: {
              x: { field: 'bits', type: 'quantitative', title: 'bits per entry on the wire', scale: { zero: false } },
              y: { field: 'accuracy', type: 'quantitative', title: 'accuracy, %', scale: { zero: false } },
              color: { value: '#0072b2' },
            },
          },
        },
      },
    };
  },
};
