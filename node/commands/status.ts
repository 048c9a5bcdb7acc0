/**
 * `dppdl status`: where the consortium stands, read from the ledger, and what this node's records have cost. Needs no password.
 * @module
 */
import { Command } from 'commander';
import { createClient } from '../../sdk/client.ts';
import type { LedgerFacts, LedgerState } from '../algorithm/ports.ts';
import { readNodeConfig } from '../config.ts';
import { readAddress } from '../keystore.ts';
import { createChainLedger } from '../ledger/chainLedger.ts';
import { escapeControls } from '../monitor/log.ts';
import { columns } from '../monitor/progress.ts';
import { budgetText, readBudget } from './budget.ts';
import { printFacts, printJson, printLines } from './output.ts';

const head = ['party', 'account', 'address', 'examples', 'λ', 'ε', 'points', 'escrow', 'standing'];
/** Columns of text, set flush left. */
const texts = [1, 2, 8];

function partiesTable({ parties }: LedgerState, account: string): string {
  const rows = parties.map((party) => [
    String(party.id),
    party.account === account ? `${party.account} (this node)` : party.account,
    escapeControls(party.address),
    String(party.examples),
    (party.samples / party.examples).toFixed(2),
    party.privacy.epsilon.toPrecision(3),
    String(party.points),
    String(party.escrow),
    party.credible ? (party.acted ? 'has acted' : 'awaited') : 'voted out',
  ]);
  return columns(head, rows, texts);
}

function printState(facts: LedgerFacts, state: LedgerState, account: string, budget: string): void {
  const held = state.parties.reduce((sum, { points, escrow }) => sum + points + escrow, 0n);
  printFacts({
    contract: `${facts.contract} on chain ${facts.chainId}`,
    phase: state.phase,
    round: `${state.round} of ${facts.rounds}`,
    deadline: state.deadline === 0 ? 'none' : new Date(state.deadline * 1000).toISOString(),
    points: `${state.minted} minted, ${held} held by parties`,
    'this account': state.parties.some((party) => party.account === account) ? account : `${account}, not registered`,
    'privacy budget': budget,
  });
  if (state.parties.length > 0) printLines('', partiesTable(state, account));
}

async function status(options: { readonly config: string; readonly json?: true }): Promise<void> {
  const config = await readNodeConfig(options.config);
  const account = await readAddress(config.keys.account);
  const { rpcUrl, chainId, contract } = config.ledger;
  const client = await createClient({ rpcUrl, chainId: BigInt(chainId), contract, patienceMs: 10_000 });
  try {
    const ledger = createChainLedger({ client });
    const [facts, state] = await Promise.all([ledger.facts(), ledger.state()]);
    const budget = await readBudget(config);
    if (!options.json) return printState(facts, state, account, budgetText(budget, config.privacy.folder));
    const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString('hex')}`;
    printJson({
      facts: { ...facts, consortiumHash: hex(facts.consortiumHash) },
      state: {
        ...state,
        parties: state.parties.map((party) => ({
          ...party,
          maskKey: hex(party.maskKey),
          encryptionKey: hex(party.encryptionKey),
          samplesHash: hex(party.samplesHash),
        })),
      },
      privacy: { ...budget, folder: config.privacy.folder },
      self: { account, party: state.parties.find((party) => party.account === account)?.id ?? null },
    });
  } finally {
    client.close();
  }
}

/** Creates the command. */
export function createStatusCommand(): Command {
  return new Command('status')
    .description(
      'Show phase, round, deadline and parties as the ledger has them, and the privacy budget of this node’s records. Needs no password.',
    )
    .requiredOption('--config <file>', 'the node’s configuration')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  dppdl status --config node.yaml\n  dppdl status --config node.yaml --json')
    .action(status);
}
