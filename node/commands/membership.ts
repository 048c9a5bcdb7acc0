/**
 * `dppdl leave` takes this node's account out of the consortium; `dppdl vouch` votes to let another one in.
 * @module
 */
import { Command } from 'commander';
import { Wallet } from 'ethers';
import { getPartyOf } from '../../sdk/actions/getPartyOf.ts';
import { getVouchers } from '../../sdk/actions/getVouchers.ts';
import { resign } from '../../sdk/actions/resign.ts';
import { vouch } from '../../sdk/actions/vouch.ts';
import { type Client, createClient } from '../../sdk/client.ts';
import { readNodeConfig } from '../config.ts';
import { readAccount, readPassword } from '../keystore.ts';
import { address } from './arguments.ts';
import { printFacts, printJson } from './output.ts';

/** How long an endpoint may be silent before a command gives up. */
const PATIENCE_MS = 10_000;

/** Connects to a configuration's ledger as its account. The caller closes the client. */
export async function connectAsMember(file: string): Promise<{ client: Client; account: string }> {
  const { keys, ledger } = await readNodeConfig(file);
  const { privateKey, address: account } = await readAccount(keys.account, await readPassword(keys, process.env));
  const client = await createClient({
    rpcUrl: ledger.rpcUrl,
    chainId: BigInt(ledger.chainId),
    contract: ledger.contract,
    signer: new Wallet(privateKey),
    patienceMs: PATIENCE_MS,
  });
  return { client, account };
}

interface Options {
  readonly config: string;
  readonly json?: true;
}

async function leave({ config, json }: Options): Promise<void> {
  const { client, account } = await connectAsMember(config);
  try {
    await resign(client);
    const party = (await getPartyOf(client, { account })) ?? null;
    if (json) printJson({ account, party, left: true });
    else printFacts({ left: `party ${party}, account ${account}`, points: 'stay with the account' });
  } finally {
    client.close();
  }
}

/** Creates the command `leave`. */
export function createLeaveCommand(): Command {
  return new Command('leave')
    .description(
      'Take this node’s account out of the consortium at once. Stop the node first; its points stay with the account, and it may join again.',
    )
    .requiredOption('--config <file>', 'the node’s configuration')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  dppdl leave --config node.yaml')
    .action(leave);
}

async function vouchFor({ config, json, account }: Options & { readonly account: string }): Promise<void> {
  const { client } = await connectAsMember(config);
  try {
    await vouch(client, { account });
    const vouchers = await getVouchers(client, { account });
    if (json) printJson({ account, vouchers });
    else printFacts({ account, 'vouched for by': `parties ${vouchers.join(', ')}` });
  } finally {
    client.close();
  }
}

/** Creates the command `vouch`. */
export function createVouchCommand(): Command {
  return new Command('vouch')
    .description('Vote to let an account in that holds no invitation; more than half of the parties must.')
    .requiredOption('--config <file>', 'the voting party’s configuration')
    .requiredOption('--account <address>', 'the account to let in, as `dppdl keys new` printed it', address)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  dppdl vouch --config node.yaml --account 0x…')
    .action(vouchFor);
}
