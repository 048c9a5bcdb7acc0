#!/usr/bin/env node
/**
 * The `dppdl` command line: finds the command, runs it, and turns errors into one sentence and an exit code.
 * @module
 */
import { Command, CommanderError } from 'commander';
import packageFile from '../package.json' with { type: 'json' };
import { entries } from './commands/entries.ts';
import { describeFailure, exitCodeOf, exitCodes } from './failure.ts';
import { systemCode } from './systemCode.ts';

/** Usage errors are told briefly and end through exceptions, in every command alike. */
function unify(command: Command): Command {
  command.exitOverride().showHelpAfterError('Run with --help for what is possible.');
  command.commands.forEach(unify);
  return command;
}

async function createProgram(wanted: string | undefined): Promise<Command> {
  const program = new Command('dppdl')
    .description('Fair, private, serverless deep learning between organisations.')
    .version(packageFile.version, '--version', 'print the version')
    .addHelpText(
      'after',
      `
Examples:
  dppdl keys new --folder keys --password-file keys/password
  dppdl check --config node.yaml
  dppdl node --config node.yaml

Exit codes: 0 ok, 2 configuration or usage, 3 data, 4 keys, 5 chain, 6 network or another party, 7 privacy budget,
8 data folder, 9 model or samples, 10 audit, 11 membership, 70 a mistake in the program. DPPDL_DEBUG=1 adds stacks.`,
    );
  for (const { name, summary, load } of entries) {
    if (name === wanted) program.addCommand((await load()).summary(summary));
    else program.command(name).summary(summary).description(summary);
  }
  return unify(program);
}

// Whoever reads the output may stop reading (`| head`); that is no failure.
process.stdout.on('error', (error) => {
  if (systemCode(error) !== 'EPIPE') throw error;
  process.exit(exitCodes.ok);
});

const parameters = process.argv.slice(2);
try {
  const [first, second] = parameters.filter((parameter) => !parameter.startsWith('-'));
  await (await createProgram(first === 'help' ? second : first)).parseAsync(parameters, { from: 'user' });
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its message already; asking for help is no error.
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  } else {
    const options = { json: parameters.includes('--json'), debug: process.env['DPPDL_DEBUG'] === '1' };
    process.stderr.write(`${describeFailure(error, options)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
