/**
 * Figure 6: accuracy by round, by framework and number of parties.
 * @module
 */
import { spread } from '../simulate/statistics.ts';
import { bestOf, divergedNote, requestIn, runsOf, withSeeds } from './rows.ts';
import type { Row, Scope, Table } from './table.ts';

const frameworks = ['standalone', 'centralized', 'distributed', 'dppdl'] as const;

function rowsOf(scope: Scope) {
  return scope.parties.flatMap((parties) =>
    frameworks.map((framework) => ({
      request: requestIn(scope, { framework, setting: 'same', parties }),
      seeds: scope.seeds('mlp', parties),
    })),
  );
}

/** Figure 6. */
export const convergenceTable: Table = {
  name: 'figure6',
  title: 'Figure 6: convergence, same sharing level, MLP',
  requests: (scope) => rowsOf(scope).flatMap(({ request, seeds }) => withSeeds(request, seeds)),
  write(scope, find) {
    const points: object[] = [];
    const notes: string[] = [];
    const rows = rowsOf(scope).map(({ request, seeds: wanted }): Row => {
      const { runs, seeds, command } = runsOf(find, request, wanted);
      const { framework, parties } = request;
      notes.push(...divergedNote(`${framework}, ${parties} parties`, runs.map(bestOf), seeds));
      const rounds = runs[0].curve.map(({ round }) => round);
      const curve = rounds.map((round, at) => ({
        round,
        ...spread(runs.map((run) => 100 * run.curve[at].best)),
      }));
      points.push(...curve.map(({ round, mean }) => ({ panel: `n = ${parties}`, framework, round, accuracy: mean })));
      const quarter = curve.find(({ round }) => round >= scope.rounds / 4) ?? curve[0];
      const half = curve.find(({ round }) => round >= scope.rounds / 2) ?? curve[0];
      const shown = (point: (typeof curve)[number] | undefined) => point?.mean.toFixed(2) ?? '–';
      return {
        cells: {
          parties,
          framework,
          [`round ${quarter.round}`]: shown(quarter),
          [`round ${half.round}`]: shown(half),
          [`round ${scope.rounds}`]: shown(curve.at(-1)),
        },
        values: { curve },
        seeds,
        command,
      };
    });
    return {
      rows,
      notes: [
        'Accuracy of the best party in percent, mean over the seeds. A round is the local epochs of the consortium file, two unless --rounds says otherwise.',
        ...notes,
      ],
      charts: {
        figure6: {
          caption: 'Accuracy of the best party by round',
          spec: {
            background: 'white',
            data: { values: points },
            facet: {
              field: 'panel',
              type: 'nominal',
              title: null,
              sort: scope.parties.map((parties) => `n = ${parties}`),
            },
            columns: 2,
            spec: {
              width: 260,
              height: 200,
              mark: { type: 'line', strokeWidth: 2 },
              encoding: {
                x: { field: 'round', type: 'quantitative' },
                y: { field: 'accuracy', type: 'quantitative', title: 'accuracy, %', scale: { zero: false } },
                color: {
                  field: 'framework',
                  type: 'nominal',
                  title: null,
                  scale: { domain: [...frameworks], range: ['#888888', '#d55e00', '#009e73', '#0072b2'] },
                },
              },
            },
          },
        },
      },
    };
  },
};
