/**
 * Rows out of runs that differ in their seed alone.
 * @module
 */
import { argumentsOf, type Request, requestSchema } from '../simulate/request.ts';
import { plusMinus, spread } from '../simulate/statistics.ts';
import type { Find, RunRecord, Scope } from './table.ts';

/**
 * The learning rates of the frameworks that the default consortium file was not chosen for: of eight trainings tried on tuning
 * seeds none was better for all of them (docs/results/rules.md).
 */
const otherTraining = { 'training.learningRate.from': 0.05, 'training.learningRate.to': 0.005 };

/**
 * A request in a scope: its rounds and data, and the training of its framework. Runs of Figure 6 are measured ten times, all
 * others at the end only, as 10,000 test digits cost every party as much as some rounds.
 */
export function requestIn(scope: Scope, changes: Partial<Request>): Request {
  const rounds = changes.rounds ?? scope.rounds;
  const { model = 'mlp', framework = 'dppdl', setting, misbehave = [], set = {} } = changes;
  const hasCurve = model === 'mlp' && setting === 'same' && misbehave.length === 0 && Object.keys(set).length === 0;
  return requestSchema.parse({
    rounds,
    measureEvery: hasCurve ? Math.max(1, Math.floor(rounds / 10)) : rounds,
    ...(scope.data !== undefined && { data: scope.data }),
    ...changes,
    set: { ...(model === 'mlp' && framework !== 'dppdl' && otherTraining), ...set },
  });
}

/** The numbers of parties a setting is run with: large ones only where the paper has them. */
export function partiesOf(scope: Scope, setting: Request['setting']): readonly number[] {
  return scope.parties.filter((parties) => setting !== 'skewed' || parties <= scope.middle);
}

/** The same request with each seed. */
export function withSeeds(request: Request, seeds: readonly number[]): Request[] {
  return seeds.map((seed) => ({ ...request, seed }));
}

/** The runs of a row, with what all rows have. */
export function runsOf(
  find: Find,
  request: Request,
  seeds: readonly number[],
): { readonly runs: readonly RunRecord[]; readonly seeds: readonly number[]; readonly command: string } {
  const runs = withSeeds(request, seeds).map(find);
  return { runs, seeds, command: `npm run simulate -- ${argumentsOf(request, seeds).join(' ')}` };
}

/** Accuracy of the best credible party after the last round, in percent. */
export function bestOf({ parties }: RunRecord): number {
  return 100 * Math.max(...honest(parties).map(({ accuracy }) => accuracy ?? 0));
}

/** Mean accuracy of the honest credible parties after the last round, in percent. */
export function meanOf({ parties }: RunRecord): number {
  const values = honest(parties).map(({ accuracy }) => accuracy ?? 0);
  return (100 * values.reduce((sum, value) => sum + value, 0)) / values.length;
}

/** Below this, in percent, training has diverged: a model that always says the same reaches 10. */
const DIVERGED = 50;

/** What a mean over runs hides when some of them diverged. */
export function divergedNote(name: string, best: readonly number[], seeds: readonly number[]): string[] {
  const lost = seeds.filter((_, index) => best[index] < DIVERGED);
  if (lost.length === 0) return [];
  const rest = spread(best.filter((value) => value >= DIVERGED));
  return [`${name}: diverged with seed ${lost.join(', ')}; best without ${plusMinus(rest, 2)}.`];
}

/** Parties that follow the protocol and were not voted out. */
export function honest(parties: RunRecord['parties']): RunRecord['parties'] {
  return parties.filter(({ behaviour, removed }) => behaviour === 'honest' && removed === null);
}
