/**
 * `npm run tables`: regenerates the paper's tables and figures, and ours beside them, into docs/results.
 * @module
 */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError, Option } from 'commander';
import { canonicalJson } from '../node/consortium.ts';
import { describeFailure } from '../node/failure.ts';
import { stopSignal } from '../node/signals.ts';
import { exitCodeFor } from './simulate/errors.ts';
import { consortiumOf } from './simulate/laboratory.ts';
import { argumentsOf, type Request } from './simulate/request.ts';
import { accuracyTable } from './tables/accuracy.ts';
import { attacksTable } from './tables/attacks.ts';
import { bitsTable } from './tables/bits.ts';
import { type Cache, codeFingerprint, openCache } from './tables/cache.ts';
import { convergenceTable } from './tables/convergence.ts';
import { costsTable } from './tables/costs.ts';
import { runAll } from './tables/crew.ts';
import { detectionTable } from './tables/detection.ts';
import { writeTable } from './tables/document.ts';
import { fairnessTable } from './tables/fairness.ts';
import { requestIn } from './tables/rows.ts';
import { fullScope, quickScope } from './tables/scope.ts';
import type { Find, Scope, Table } from './tables/table.ts';

const root = join(import.meta.dirname, '..');
const tables: readonly Table[] = [
  accuracyTable,
  fairnessTable,
  convergenceTable,
  detectionTable,
  attacksTable,
  bitsTable,
  costsTable,
];

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('It must be a whole number, at least 1.');
}
const counts = (text: string) => text.split(',').map(count);

const command = new Command('npm run tables --')
  .description("Regenerates the paper's Tables 3 and 5 and Figure 6, and the project's own tables, into docs/results.")
  .addOption(new Option('--only <table...>', 'only these').choices(tables.map(({ name }) => name)))
  .addOption(new Option('--model <name...>', 'only these').choices(['mlp', 'cnn']).default(['mlp']))
  .option('--parties <list>', 'numbers of parties', counts, [4, 15, 30, 50])
  .option('--rounds <n>', 'rounds of each run', count, 30)
  .option(
    '--data <folder>',
    "MNIST's four IDX files; needed for more than 13 parties, and for numbers to compare with the paper's",
  )
  .option('--quick', 'a subset of less than a minute, on the digits that come with the dependencies')
  .option('--out <folder>', 'where the tables go; build/tables/quick for --quick', join(root, 'docs', 'results'))
  .option('--runs <file>', 'where finished runs are kept', join(root, 'build', 'tables', 'runs.jsonl'))
  .option('--processes <n>', 'runs at a time', count, availableParallelism())
  .option('--plan', 'only say what would be run')
  .option('--json', 'progress as JSON lines')
  .addHelpText(
    'after',
    `
Finished runs are kept, and an interrupted command goes on where it stopped. Changing the code starts anew.

Examples:
  npm run tables -- --quick
  npm run tables -- --data data/mnist
  npm run tables -- --data data/mnist --only table5 --parties 4,15 --model cnn`,
  );

interface Arguments {
  readonly only?: readonly string[];
  readonly model: Scope['models'];
  readonly parties: readonly number[];
  readonly rounds: number;
  readonly data?: string;
  readonly quick?: true;
  readonly out: string;
  readonly runs: string;
  readonly processes: number;
  readonly plan?: true;
  readonly json?: true;
}

/** The command line that wrote the tables, without where they and the runs went. */
function ownCommand(given: Arguments, scope: Scope): string {
  const words = ['npm run tables --'];
  if (given.quick) return [...words, '--quick'].join(' ');
  if (given.data !== undefined) words.push('--data', given.data);
  if (given.only !== undefined) words.push('--only', ...given.only);
  words.push('--parties', scope.parties.join(','), '--model', ...scope.models, '--rounds', String(scope.rounds));
  return words.join(' ');
}

/** Requests that are not done yet, each once, the longest first so that the last ones fill the cores. */
function pending(requests: readonly Request[], cache: Cache): Request[] {
  const unique = new Map(requests.map((request) => [canonicalJson(request), request]));
  const work = ({ parties, rounds = 1, model, secure }: Request) =>
    parties * (rounds + 3) * (model === 'cnn' ? 15 : 1) * (secure ? 20 : 1);
  return [...unique.values()].filter((request) => cache.find(request) === undefined).sort((a, b) => work(b) - work(a));
}

async function main(): Promise<void> {
  const given = command.parse().opts<Arguments>();
  // As it was written, because the tables quote it; npm runs this in the project's folder.
  const { data } = given;
  const out =
    given.quick && command.getOptionValueSource('out') === 'default'
      ? join(root, 'build', 'tables', 'quick')
      : resolve(given.out);
  const scope = given.quick ? quickScope : fullScope({ ...given, models: given.model, data });
  const wanted = tables.filter(({ name }) => given.only?.includes(name) ?? true);
  const fingerprint = codeFingerprint();
  const cache = openCache(resolve(given.runs), fingerprint);
  const requests = pending(
    wanted.flatMap((table) => table.requests(scope)),
    cache,
  );
  if (given.plan) {
    for (const request of requests) console.log(`npm run simulate -- ${argumentsOf(request).join(' ')}`);
    console.error(`${requests.length} runs to do.`);
    return;
  }

  const signal = stopSignal(() => console.error('Stopping; finished runs are kept.'));
  const progress = showProgress(requests.length, given.json === true);
  try {
    await runAll(
      requests,
      given.processes,
      fingerprint,
      (record) => {
        cache.add(record);
        progress.done(record.request, record.seconds);
      },
      signal,
    );
  } finally {
    progress.end();
  }

  const find: Find = (request) => {
    const record = cache.find(request);
    if (record === undefined) throw new TypeError(`No run of ${argumentsOf(request).join(' ')}.`);
    return record;
  };
  const consortium = await consortiumOf(requestIn(scope, {}));
  for (const table of wanted) {
    const runs = [...new Map(table.requests(scope).map((request) => [canonicalJson(request), request])).values()].map(
      find,
    );
    const section = await table.write(scope, find);
    await writeTable(out, table, section, runs, { command: ownCommand(given, scope), consortium, fingerprint });
    report(given.json === true, { wrote: join(out, `${table.name}.md`) });
  }
}

function report(json: boolean, entry: Readonly<Record<string, string | number>>): void {
  if (json) console.log(JSON.stringify(entry));
  else
    console.error(
      Object.entries(entry)
        .map(([key, value]) => `${key} ${value}`)
        .join(', '),
    );
}

/** A bar on a terminal, else a line for each run. */
function showProgress(total: number, json: boolean) {
  const bar =
    process.stderr.isTTY && !json && total > 0
      ? new SingleBar({
          format: '{bar} {value}/{total} runs, {duration_formatted} so far, {eta_formatted} to go: {last}',
        })
      : undefined;
  bar?.start(total, 0, { last: '' });
  let finished = 0;
  return {
    done(request: Request, seconds: number) {
      finished++;
      const run = argumentsOf(request).join(' ');
      if (bar === undefined)
        report(json, { run: `${finished}/${total}`, seconds: Math.round(seconds), arguments: run });
      else bar.update(finished, { last: run });
    },
    end: () => bar?.stop(),
  };
}

try {
  await main();
} catch (error) {
  console.error(describeFailure(error, { json: false, debug: process.env['DPPDL_DEBUG'] === '1' }));
  process.exitCode = exitCodeFor(error);
}
