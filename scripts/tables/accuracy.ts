/**
 * Table 5: accuracy of the best party, by framework, setting and number of parties.
 * @module
 */
import { plusMinus, spread } from '../simulate/statistics.ts';
import { paperAccuracy } from './paper.ts';
import { bestOf, divergedNote, honest, meanOf, partiesOf, requestIn, runsOf, withSeeds } from './rows.ts';
import type { Row, RunRecord, Scope, Table } from './table.ts';

const frameworks = [
  ['centralized', 'same'],
  ['distributed', 'same'],
  ['standalone', 'same'],
  ['dppdl', 'same'],
  ['dppdl', 'different'],
  ['dppdl', 'imbalanced'],
  ['dppdl', 'skewed'],
] as const;

/** Every row's request and seeds, in the table's order. */
function rowsOf(scope: Scope) {
  return scope.models.flatMap((model) =>
    frameworks.flatMap(([framework, setting]) =>
      partiesOf(scope, setting).map((parties) => ({
        request: requestIn(scope, { model, framework, setting, parties }),
        seeds: scope.seeds(model, parties),
      })),
    ),
  );
}

/** "15/15": credible parties that are better with the others than by the same training alone, least over the runs. */
function better(runs: readonly RunRecord[]): string {
  const shares = runs.map(({ parties }) => {
    const counted = honest(parties).filter(({ alone }) => alone !== null);
    return {
      better: counted.filter(({ accuracy, alone }) => (accuracy ?? 0) > (alone ?? 1)).length,
      of: counted.length,
    };
  });
  const [worst] = shares.toSorted((a, b) => a.better / a.of - b.better / b.of);
  return worst.of === 0 ? '' : `${worst.better}/${worst.of}`;
}

/** Table 5. */
export const accuracyTable: Table = {
  name: 'table5',
  title: 'Table 5: accuracy of the best party',
  requests: (scope) => rowsOf(scope).flatMap(({ request, seeds }) => withSeeds(request, seeds)),
  write(scope, find) {
    const notes: string[] = [];
    const rows = rowsOf(scope).map(({ request, seeds: wanted }): Row => {
      const { runs, seeds, command } = runsOf(find, request, wanted);
      const { model, framework, setting, parties } = request;
      const best = spread(runs.map(bestOf));
      const mean = spread(runs.map(meanOf));
      const paper = paperAccuracy({ model, framework, setting, parties });
      notes.push(...divergedNote(`${model}, ${framework}, ${setting}, ${parties} parties`, runs.map(bestOf), seeds));
      return {
        cells: {
          model,
          framework,
          setting,
          parties,
          'best %': plusMinus(best, 2),
          'paper %': paper?.toFixed(2) ?? '–',
          'mean %': plusMinus(mean, 2),
          'better than alone': framework === 'dppdl' ? better(runs) : '',
        },
        values: { best, mean, paper, bestBySeed: runs.map(bestOf) },
        seeds,
        command,
      };
    });
    return {
      rows,
      notes: [
        'Best and mean are over the honest parties that are credible at the end; each is a mean over the seeds ± the standard deviation of one run.',
        '"Better than alone" counts credible parties against the same data, training and seed with no exchange, in the run where fewest are. That is the training of the consortium file, chosen for the exchange; rows `standalone` have learning rates that suit training alone better.',
        'All frameworks have the same w0, splits, seeds and epochs; w0 is the same for all seeds. Learning rates are those of the consortium file, but for the other frameworks with the MLP, which have [their own](rules.md#the-other-frameworks). `skewed` (each class shared out by Dirichlet(0.5)) is not in the paper.',
        ...notes,
      ],
    };
  },
};
