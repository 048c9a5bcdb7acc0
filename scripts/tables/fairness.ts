/**
 * Table 3: fairness r, with the control of no exchange beside it, and where it comes from: contribution against accuracy.
 * @module
 */
import type { TopLevelSpec } from 'vega-lite';
import { contributionOf } from '../../node/simulation/setting.ts';
import { correlations, fairnessOf, spread } from '../simulate/statistics.ts';
import { paperFairness } from './paper.ts';
import { honest, requestIn, runsOf, withSeeds } from './rows.ts';
import type { Find, Row, Scope, Table } from './table.ts';

const frameworks = ['distributed', 'dppdl'] as const;
const settings = ['different', 'imbalanced'] as const;

function rowsOf(scope: Scope) {
  return scope.models.flatMap((model) =>
    frameworks.flatMap((framework) =>
      settings.flatMap((setting) =>
        scope.parties.map((parties) => ({
          request: requestIn(scope, { model, framework, setting, parties }),
          seeds: scope.seeds(model, parties),
        })),
      ),
    ),
  );
}

/** Contribution against accuracy of every party of every run of a setting, one panel for each number of parties. */
function scatter(scope: Scope, find: Find, setting: (typeof settings)[number]): TopLevelSpec {
  const contribution = contributionOf(setting);
  const values = scope.parties.flatMap((parties) =>
    withSeeds(requestIn(scope, { framework: 'dppdl', setting, parties }), scope.seeds('mlp', parties))
      .flatMap((request) => honest(find(request).parties))
      .flatMap((party) => [
        { panel: `n = ${parties}`, x: party[contribution], accuracy: party.accuracy, training: 'together' },
        { panel: `n = ${parties}`, x: party[contribution], accuracy: party.alone, training: 'alone' },
      ]),
  );
  return {
    background: 'white',
    data: { values },
    facet: { field: 'panel', type: 'nominal', title: null, sort: scope.parties.map((parties) => `n = ${parties}`) },
    columns: 2,
    spec: {
      width: 260,
      height: 200,
      mark: { type: 'point', filled: true, size: 26, opacity: 0.7 },
      encoding: {
        x: {
          field: 'x',
          type: 'quantitative',
          title: contribution === 'examples' ? 'examples |D|' : 'sharing level λ',
          scale: { zero: false },
        },
        y: { field: 'accuracy', type: 'quantitative', axis: { format: '.0%' }, scale: { zero: false } },
        color: { field: 'training', type: 'nominal', title: null, scale: { range: ['#888888', '#0072b2'] } },
      },
    },
    resolve: { scale: { y: 'independent' } },
  };
}

/** Table 3. */
export const fairnessTable: Table = {
  name: 'table3',
  title: 'Table 3: fairness r',
  requests: (scope) => rowsOf(scope).flatMap(({ request, seeds }) => withSeeds(request, seeds)),
  write(scope, find) {
    const rows = rowsOf(scope).map(({ request, seeds: wanted }): Row => {
      const { runs, seeds, command } = runsOf(find, request, wanted);
      const { model, framework, setting, parties } = request;
      const contribution = contributionOf(setting);
      const found = runs.map((run) => fairnessOf(run.parties, contribution));
      const bySeed = found.map(({ r: value }) => value);
      const control = spread(found.flatMap(({ control: value }) => value ?? []));
      const paper = paperFairness({ model, framework, setting, parties });
      const r = spread(bySeed.filter((value) => value !== null));
      return {
        cells: {
          model,
          framework,
          setting,
          against: contribution === 'examples' ? '|D|' : 'λ',
          parties,
          r: correlations(r, runs.length),
          'least … most': r.count > 0 ? `${r.least.toFixed(2)} … ${r.most.toFixed(2)}` : '–',
          paper: paper?.toFixed(2) ?? '–',
          'r without exchange': framework === 'dppdl' ? correlations(control, runs.length) : '',
        },
        values: { r, control, paper, bySeed },
        seeds,
        command,
      };
    });
    const charts = Object.fromEntries(
      (scope.models.includes('mlp') ? settings : []).map((setting) => [
        `fairness-${setting}`,
        { caption: `Setting ${setting}: what a party gives against what it gets`, spec: scatter(scope, find, setting) },
      ]),
    );
    return {
      rows,
      charts,
      notes: [
        'r is the paper’s equation 3: Pearson’s correlation over the honest parties of one run that are credible at the end, between what they contribute (λ where levels differ, |D| where sizes do) and their accuracy at the end. A run in which all have the same accuracy, as where training has come to rest or diverged, may have none.',
        '`distributed` uploads a tenth from everybody, as in the paper: there, λ is a number that nobody uses.',
        '"Without exchange" is the same correlation for the same training alone: what of r needs no collaboration.',
        'With 4 parties r is mostly chance: between unrelated numbers its standard deviation is 0.58.',
      ],
    };
  },
};
