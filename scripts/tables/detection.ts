/**
 * Who is voted out, and when: bad parties of every kind, and honest ones.
 * @module
 */
import { plusMinus, spread } from '../simulate/statistics.ts';
import { partiesOf, requestIn, runsOf, withSeeds } from './rows.ts';
import type { Row, RunRecord, Scope, Table } from './table.ts';

/** Kinds of bad parties as `--misbehave` writes them; the last parties of the consortium are bad. */
const kinds = [
  'flippedLabels',
  'randomLabels',
  'randomLabels:0.5',
  'fewExamples:10',
  'randomAnswers',
  'constantAnswers',
  'collude',
] as const;
/** Bad parties of a run. */
const BAD = 3;

function rowsOf(scope: Scope) {
  const { middle: parties } = scope;
  const seeds = scope.seeds('mlp', parties);
  const bad = Math.min(BAD, Math.floor((parties - 1) / 3));
  const ids = Array.from({ length: bad }, (_, index) => parties - bad + index);
  const attacked = scope.some(kinds).map((kind) => ({
    kind: kind as string,
    request: requestIn(scope, {
      parties,
      setting: 'same',
      misbehave: ids.map((id) => `${id}:${kind}`),
    }),
    seeds,
  }));
  const clean = (['same', 'imbalanced', 'skewed'] as const).flatMap((setting) =>
    [...new Set([parties, ...partiesOf(scope, setting).filter((n) => n >= parties)])].map((n) => ({
      kind: 'nobody',
      // The same runs as in Table 5.
      request: requestIn(scope, { parties: n, setting }),
      seeds: scope.seeds('mlp', n),
    })),
  );
  return [...attacked, ...clean];
}

const share = (count: number, of: number) => (of === 0 ? '–' : `${count}/${of}`);

/** How the parties of some runs fared: `chosen` picks which of them. */
function fates(runs: readonly RunRecord[], chosen: (party: RunRecord['parties'][number]) => boolean) {
  const parties = runs.flatMap((run) => run.parties.filter(chosen));
  return {
    all: parties.length,
    atOnce: parties.filter(({ removed }) => removed === 0).length,
    later: parties.filter(({ removed }) => removed !== null && removed > 0),
    removed: parties.filter(({ removed }) => removed !== null),
  };
}

/** The detection table. */
export const detectionTable: Table = {
  name: 'detection',
  title: 'Detection: who is voted out, and when',
  requests: (scope) => rowsOf(scope).flatMap(({ request, seeds }) => withSeeds(request, seeds)),
  write(scope, find) {
    const rows = rowsOf(scope).map(({ kind, request, seeds: wanted }): Row => {
      const { runs, seeds, command } = runsOf(find, request, wanted);
      const bad = fates(runs, ({ behaviour }) => behaviour !== 'honest');
      const good = fates(runs, ({ behaviour }) => behaviour === 'honest');
      const laterRounds = spread(bad.later.map(({ removed }) => removed ?? 0));
      const sizes = good.removed.map(({ examples }) => examples);
      return {
        cells: {
          'bad parties': kind === 'nobody' ? 'none' : `${request.misbehave.length} × ${kind}`,
          setting: request.setting,
          parties: request.parties,
          'out at the benchmark': share(bad.atOnce, bad.all),
          'out later':
            bad.all === 0
              ? '–'
              : `${share(bad.later.length, bad.all)}${bad.later.length > 0 ? ` (round ${plusMinus(laterRounds, 1)})` : ''}`,
          'honest out at the benchmark': share(good.atOnce, good.all),
          'honest out later': share(good.later.length, good.all),
          'examples of honest out': sizes.length === 0 ? '' : `${Math.min(...sizes)}–${Math.max(...sizes)}`,
        },
        values: {
          bad: { all: bad.all, atOnce: bad.atOnce, later: bad.later.map(({ removed }) => removed) },
          honest: { all: good.all, atOnce: good.atOnce, later: good.later.map(({ removed }) => removed), sizes },
        },
        seeds,
        command,
      };
    });
    return {
      rows,
      notes: [
        'Counts are over the parties of all seeds. "collude": the bad parties label outsiders’ samples wrong in the same way and report every outsider.',
      ],
    };
  },
};
