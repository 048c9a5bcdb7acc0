/**
 * `dppdl invite`: a member signs an invitation, which the invited puts beside its configuration.
 * @module
 */
import { Command, InvalidArgumentError } from 'commander';
import { invite } from '../../sdk/actions/invite.ts';
import { address } from './arguments.ts';
import { connectAsMember } from './membership.ts';
import { printJson } from './output.ts';

interface Options {
  readonly config: string;
  readonly account: string;
  readonly days: number;
}

function parseDays(text: string): number {
  const days = Number(text);
  if (days > 0 && days <= 365) return days;
  throw new InvalidArgumentError('It must be above 0 and at most 365.');
}

async function signInvitation({ config, account, days }: Options): Promise<void> {
  const { client } = await connectAsMember(config);
  try {
    const expires = Math.floor(Date.now() / 1000 + days * 86_400);
    printJson(await invite(client, { account, expires }));
  } finally {
    client.close();
  }
}

/** Creates the command. */
export function createInviteCommand(): Command {
  return new Command('invite')
    .description('Sign an invitation as this node’s account and print it as JSON. Nothing is sent to the chain.')
    .requiredOption('--config <file>', 'the inviting member’s configuration')
    .requiredOption('--account <address>', 'the account to invite, as `dppdl keys new` printed it', address)
    .option('--days <number>', 'how long the invitation is good', parseDays, 7)
    .option('--json', 'tell failures as JSON, too; the invitation is JSON in any case')
    .addHelpText('after', '\nExamples:\n  dppdl invite --config node.yaml --account 0x… > invitation.json')
    .action(signInvitation);
}
