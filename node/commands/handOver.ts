/**
 * `dppdl hand-over`: goes on with another ledger account, which takes over all that the present one has.
 * @module
 */
import { Command } from 'commander';
import { Wallet } from 'ethers';
import { getPartyOf } from '../../sdk/actions/getPartyOf.ts';
import { nameSuccessor } from '../../sdk/actions/nameSuccessor.ts';
import { takeOver } from '../../sdk/actions/takeOver.ts';
import { createClient } from '../../sdk/client.ts';
import { readNodeConfig } from '../config.ts';
import { readAccount, readPassword } from '../keystore.ts';
import { connectAsMember } from './membership.ts';
import { printFacts, printJson, printLines } from './output.ts';

interface Options {
  readonly config: string;
  readonly to: string;
  readonly toPasswordFile?: string;
  readonly json?: true;
}

/** How long the consent is good, counted from the latest block, in seconds. */
const CONSENT_SECONDS = 3_600;

async function handOver({ config, to, toPasswordFile, json }: Options): Promise<void> {
  const { keys, ledger } = await readNodeConfig(config);
  const source = toPasswordFile === undefined ? keys : { passwordFile: toPasswordFile };
  const { address: account, privateKey } = await readAccount(to, await readPassword(source, process.env));
  const { client, account: former } = await connectAsMember(config);
  try {
    const block = await client.provider.getBlock('latest');
    const now = Math.max(Math.floor(Date.now() / 1000), block?.timestamp ?? 0);
    const consent = await nameSuccessor(client, { account, expires: now + CONSENT_SECONDS });
    const { rpcUrl, contract } = ledger;
    const successor = await createClient({
      rpcUrl,
      contract,
      chainId: client.chainId,
      signer: new Wallet(privateKey),
    });
    try {
      await takeOver(successor, consent);
      const party = (await getPartyOf(successor, { account })) ?? null;
      if (json) printJson({ party, former, account });
      else describe(party, former, account, to);
    } finally {
      successor.close();
    }
  } finally {
    client.close();
  }
}

function describe(party: number | null, former: string, account: string, keystore: string): void {
  printFacts({ party: String(party), account, 'took over from': former });
  printLines(`Write keys.account: ${keystore} into the configuration before the node starts again.`);
}

/** Creates the command. */
export function createHandOverCommand(): Command {
  return new Command('hand-over')
    .description(
      'Go on with another ledger account, because the present one’s key may have leaked or moves elsewhere: points, standing, orders, claims and invitations become the new account’s, and the old one can never act again. Stop the node first.',
    )
    .requiredOption('--config <file>', 'the node’s configuration, still with the present account')
    .requiredOption('--to <keystore>', 'keystore of the new account; it must never have been a party’s')
    .option('--to-password-file <file>', 'its password, if it is another one than the configuration’s')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  dppdl keys new --folder new-keys --password-file keys/password
  dppdl hand-over --config node.yaml --to new-keys/account.json`,
    )
    .action(handOver);
}
