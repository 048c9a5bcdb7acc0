/**
 * What false gradients do to the honest parties, with and without the acceptance check, and what the check costs when
 * nobody attacks.
 * @module
 */
import { plusMinus, spread } from '../simulate/statistics.ts';
import { bestOf, meanOf, requestIn, runsOf, withSeeds } from './rows.ts';
import type { Row, Scope, Table } from './table.ts';

const kinds = [
  'none',
  'zeroGradient',
  'noiseGradient',
  'signFlippedGradient',
  'scaledGradient:10',
  'scaledGradient:-10',
] as const;
/** Attackers of a run, as far as they are fewer than half. */
const ATTACKERS = 3;
/** The consortium file's `aggregation.acceptance`; none if absent. */
const acceptances = ['none', 'refuse', 'halve'] as const;
/** As each row is compared with one of the same seeds, fewer seeds do. */
const SEEDS = 2;

function rowsOf(scope: Scope) {
  const { middle: parties } = scope;
  const most = Math.min(ATTACKERS, Math.ceil(parties / 2) - 1);
  return scope.some(kinds).flatMap((kind) => {
    const count = kind === 'none' ? 0 : most;
    return acceptances.map((acceptance) => ({
      kind,
      acceptance,
      count,
      request: requestIn(scope, {
        parties,
        setting: 'same',
        set: acceptance === 'none' ? {} : { 'aggregation.acceptance': acceptance },
        misbehave: Array.from({ length: count }, (_, index) => `${parties - 1 - index}:${kind}`),
      }),
      seeds: scope.seeds('mlp', parties).slice(0, SEEDS),
    }));
  });
}

/** The table of attacks. */
export const attacksTable: Table = {
  name: 'attacks',
  title: 'False gradients, with and without the acceptance check',
  requests: (scope) => rowsOf(scope).flatMap(({ request, seeds }) => withSeeds(request, seeds)),
  write(scope, find) {
    const rows = rowsOf(scope).map(({ kind, count, acceptance, request, seeds: wanted }): Row => {
      const { runs, seeds, command } = runsOf(find, request, wanted);
      const best = spread(runs.map(bestOf));
      const mean = spread(runs.map(meanOf));
      const removed = runs.flatMap(({ parties }) => parties.filter((party) => party.removed !== null));
      const out = (isHonest: boolean) =>
        removed.filter(({ behaviour }) => (behaviour === 'honest') === isHonest).length;
      return {
        cells: {
          attack: kind,
          attackers: count,
          acceptance,
          'mean of the honest %': plusMinus(mean, 2),
          'best %': plusMinus(best, 2),
          'attackers out': count === 0 ? '' : `${out(false)}/${count * runs.length}`,
          'honest out': `${out(true)}/${(scope.middle - count) * runs.length}`,
        },
        values: {
          attack: kind,
          attackers: count,
          acceptance,
          best,
          mean,
          attackersOut: out(false),
          honestOut: out(true),
        },
        seeds,
        command,
      };
    });
    return {
      rows,
      notes: [
        `${scope.middle} parties, setting same, ${scope.rounds} rounds. Attackers label honestly and give false gradients; the clamp bounds each entry in every row.`,
      ],
    };
  },
};
