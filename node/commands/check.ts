/**
 * `dppdl check`: the preflight, line by line.
 * @module
 */
import { Command } from 'commander';
import type { Finding } from '../preflight/looks.ts';
import { preflight } from '../preflight/preflight.ts';
import { printJson, printLines } from './output.ts';

const marks = { ok: '✓', warning: '!', failed: '✗', skipped: '–' } as const;

function printFinding({ name, state, detail, action }: Finding): void {
  printLines(
    `${marks[state]} ${name.padEnd(16)}${detail.replaceAll('\n', '\n  '.padEnd(19))}`,
    ...(action === undefined ? [] : [`${' '.repeat(18)}→ ${action}`]),
  );
}

async function check(options: { readonly config: string; readonly json?: true }): Promise<void> {
  const { findings, exitCode } = await preflight(options.config, process.env, options.json ? () => {} : printFinding);
  if (options.json) printJson({ ready: exitCode === 0, exitCode, findings });
  else printLines(exitCode === 0 ? 'This node can run.' : 'This node cannot run yet.');
  process.exitCode = exitCode;
}

/** Creates the command. */
export function createCheckCommand(): Command {
  return new Command('check')
    .description(
      'Find out whether a node could run: configuration, keys, data, port, chain, clock, ledger, membership, other parties. Changes nothing.',
    )
    .requiredOption('--config <file>', 'the node’s configuration')
    .option('--json', 'print one JSON object with all findings')
    .addHelpText('after', '\nExamples:\n  dppdl check --config node.yaml\n  dppdl check --config node.yaml --json')
    .action(check);
}
