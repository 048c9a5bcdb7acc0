#!/usr/bin/env node
/**
 * The `dppdl` command line: finds the command, runs it, and turns errors into one sentence and an exit code.
 * @module
 */
import { Command, CommanderError } from 'commander';
import packageFile from '../package.json' with { type: 'json' };
import { describeFailure, exitCodeOf, exitCodes } from './failure.ts';
import { systemCode } from './systemCode.ts';

/** A command: what the list in `--help` says, and where it is. Loaded only when it is the one asked for. */
interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const entries: readonly Entry[] = [
  {
    name: 'keys',
    summary: 'make and show a member’s keys',
    load: async () => (await import('./commands/keys.ts')).createKeysCommand(),
  },
  {
    name: 'consortium',
    summary: 'check and hash the file all parties share',
    load: async () => (await import('./commands/consortium.ts')).createConsortiumCommand(),
  },
  {
    name: 'deploy',
    summary: 'put a consortium’s ledger on its chain',
    load: async () => (await import('./commands/deploy.ts')).createDeployCommand(),
  },
  {
    name: 'config',
    summary: 'show an example of the node’s configuration file, or its schema',
    load: async () => (await import('./commands/config.ts')).createConfigCommand(),
  },
  {
    name: 'check',
    summary: 'find out whether a node could run, without changing anything',
    load: async () => (await import('./commands/check.ts')).createCheckCommand(),
  },
  {
    name: 'node',
    summary: 'run a member’s node',
    load: async () => (await import('./commands/node.ts')).createNodeCommand(),
  },
  {
    name: 'status',
    summary: 'show where the consortium stands on the ledger',
    load: async () => (await import('./commands/status.ts')).createStatusCommand(),
  },
  {
    name: 'invite',
    summary: 'sign an invitation for a new party',
    load: async () => (await import('./commands/invite.ts')).createInviteCommand(),
  },
  {
    name: 'vouch',
    summary: 'vote to let an account in',
    load: async () => (await import('./commands/membership.ts')).createVouchCommand(),
  },
  {
    name: 'leave',
    summary: 'take this node’s account out of the consortium',
    load: async () => (await import('./commands/membership.ts')).createLeaveCommand(),
  },
  {
    name: 'samples',
    summary: 'look at the samples a node would publish, before it does',
    load: async () => (await import('./commands/samples.ts')).createSamplesCommand(),
  },
  {
    name: 'privacy',
    summary: 'show what noisy training steps cost each record',
    load: async () => (await import('./commands/privacy.ts')).createPrivacyCommand(),
  },
  {
    name: 'model',
    summary: 'take this node’s trained model elsewhere',
    load: async () => (await import('./commands/model.ts')).createModelCommand(),
  },
  {
    name: 'predict',
    summary: 'classify new data with an exported model',
    load: async () => (await import('./commands/model.ts')).createPredictCommand(),
  },
  {
    name: 'audit',
    summary: 'replay the ledger and check every rule',
    load: async () => (await import('./commands/audit.ts')).createAuditCommand(),
  },
];

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
