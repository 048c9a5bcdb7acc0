/**
 * `dppdl deploy`: puts a consortium's ledger on its chain.
 * @module
 */
import { Command } from 'commander';
import { Wallet } from 'ethers';
import { type Deployment, deploy } from '../../sdk/deploy.ts';
import type { Facts } from '../../sdk/types.ts';
import { readConsortium } from '../config.ts';
import { readAccount, readPassword } from '../keystore.ts';
import { createLearner } from '../learner/learner.ts';
import { factsOf } from '../ledger/constitution.ts';
import { addresses, httpUrl, integer } from './arguments.ts';
import { printJson, printLines } from './output.ts';

/** What the command line gives. */
interface DeployArguments {
  readonly consortium: string;
  readonly rpc: string;
  readonly chainId: number;
  readonly keystore: string;
  readonly passwordFile: string;
  readonly invite: readonly string[];
  readonly parameters?: number;
  readonly json?: true;
}

/** How long an endpoint may be silent before the command gives up. */
const PATIENCE_MS = 15_000;

async function run(given: DeployArguments): Promise<void> {
  const consortium = await readConsortium(given.consortium);
  const { model, inputs } = consortium;
  const parameterCount = given.parameters ?? (await createLearner(model, inputs)).parameterCount;
  const members = given.invite;
  const facts = factsOf(consortium, parameterCount, members.length);
  const password = await readPassword({ passwordFile: given.passwordFile }, {});
  const signer = new Wallet((await readAccount(given.keystore, password)).privateKey);
  const chainId = BigInt(given.chainId);
  const deployment = await deploy({ rpcUrl: given.rpc, chainId, signer, facts, members, patienceMs: PATIENCE_MS });
  if (given.json) printJson({ ...deployment, chainId, members, facts });
  else describe(deployment, facts, given, members.length);
}

function describe(deployment: Deployment, facts: Facts, { rpc, chainId }: DeployArguments, members: number): void {
  printLines(
    `The ledger of consortium ${facts.consortiumHash} is at`,
    `  ${deployment.contract}   (block ${deployment.block}, ${deployment.gasUsed} gas)`,
    `It starts when ${facts.startParties} have joined; ${members} ${members === 1 ? 'account is' : 'accounts are'} invited.`,
    'Each member writes into the node’s configuration:',
    '  ledger:',
    `    rpcUrl: ${new URL(rpc).origin}`,
    `    chainId: ${chainId}`,
    `    contract: '${deployment.contract}'`,
  );
}

/** Creates the command. */
export function createDeployCommand(): Command {
  return new Command('deploy')
    .description('Put a consortium’s ledger on its chain. The account that does so gets no rights over it.')
    .requiredOption('--consortium <file>', 'the consortium file that all parties share')
    .requiredOption('--rpc <url>', 'JSON-RPC address of a node of the chain', httpUrl)
    .requiredOption('--chain-id <number>', 'the chain’s id', integer(1, Number.MAX_SAFE_INTEGER))
    .requiredOption('--keystore <file>', 'keystore of the account that deploys')
    .requiredOption('--password-file <file>', 'the keystore’s password is the first line of this file')
    .requiredOption('--invite <address>', 'an account that may join and invite others; repeat it for each', addresses)
    .option(
      '--parameters <number>',
      '|w| of a topology of your own (built-in models know theirs)',
      integer(1, 2 ** 32 - 1),
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  dppdl deploy --consortium consortium.yaml --rpc http://127.0.0.1:8545 --chain-id 31337 \\
    --keystore keys/account.json --password-file keys/password --invite 0x… --invite 0x… --invite 0x… --invite 0x…`,
    )
    .action(run);
}
