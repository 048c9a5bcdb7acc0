/**
 * The demo itself: a chain, a ledger, nodes as processes of their own, and what came of it.
 * @module
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createChainLedger } from '../../node/ledger/chainLedger.ts';
import { summaryHtml } from '../../node/report/html.ts';
import { type RunSummary, summarise } from '../../node/report/summary.ts';
import { type Client, createClient } from '../../sdk/client.ts';
import { type DemoChain, startChain } from './chain.ts';
import { lastLogLines, type RunningNode, startNode, stopNodes } from './nodes.ts';
import { type DemoConsortium, type DemoNode, type DemoOptions, prepareConsortium } from './prepare.ts';
import type { View } from './view.ts';

/** What the demo came to. */
export interface DemoResult {
  readonly summary: RunSummary;
  /** The HTML report. */
  readonly report: string;
  /** The same as JSON. */
  readonly json: string;
  /** One line for each node that did not end well. */
  readonly failures: readonly string[];
}

/** What a caller may watch or do while the demo runs. */
export interface DemoHooks {
  readonly view: View;
  /** Ends the demo. */
  readonly signal: AbortSignal;
  /** Told the nodes once they are known. */
  onPrepared?(consortium: DemoConsortium, chain: DemoChain): void;
  /** Told the processes once they run, for tests that interfere. */
  onStarted?(nodes: readonly RunningNode[]): void;
}

/** Runs the demo; whatever happens, no process of it is left. */
export async function runDemo(options: DemoOptions, hooks: DemoHooks): Promise<DemoResult> {
  const { view, signal } = hooks;
  await rm(options.out, { recursive: true, force: true });
  await mkdir(options.out, { recursive: true });
  await using cleanup = new AsyncDisposableStack();

  view.step('Starting a chain …');
  const chain = await startChain(join(options.out, 'chain.log'));
  cleanup.defer(() => chain.stop());
  view.step('Sharing out the data, making keys and deploying the ledger …');
  const consortium = await prepareConsortium(chain, options);
  hooks.onPrepared?.(consortium, chain);
  signal.throwIfAborted();

  view.step(`Ledger ${consortium.contract}; ${consortium.nodes.length} nodes, ${options.rounds} rounds`);
  const observe = (node: DemoNode, event: Parameters<View['event']>[1]) => view.event(node, event);
  const running = consortium.nodes.map((node) => startNode(node, observe));
  cleanup.defer(() => stopNodes(running));
  const stop = () => void stopNodes(running);
  signal.addEventListener('abort', stop);
  cleanup.defer(() => signal.removeEventListener('abort', stop));
  hooks.onStarted?.(running);
  const failures = await failuresOf(running);
  signal.throwIfAborted();
  view.done();

  const client = await createClient({ rpcUrl: chain.rpcUrl, chainId: chain.chainId, contract: consortium.contract });
  cleanup.defer(() => client.close());
  const summary = summarise({
    name: consortium.consortium.name,
    parameterCount: (await createChainLedger({ client }).facts()).parameterCount,
    contract: consortium.contract,
    events: running.map(({ events }) => events),
    state: await createChainLedger({ client }).state(),
    transactions: await transactionTotals(client),
  });
  const report = join(options.out, 'report.html');
  const json = join(options.out, 'report.json');
  await writeFile(report, await summaryHtml(summary));
  await writeFile(json, `${JSON.stringify(summary, null, 2)}\n`);
  return { summary, report, json, failures };
}

/** Waits for all nodes; says of each that failed how, with the end of its log. */
async function failuresOf(running: readonly RunningNode[]): Promise<string[]> {
  const failures = await Promise.all(
    running.map(async ({ node, ended, errors }) => {
      const code = await ended;
      if (code === 0) return [];
      const said = errors().trimEnd().split('\n').slice(-2).join('\n');
      return [`${node.name} ended with ${code}.\n${said}\nThe end of its log:\n${await lastLogLines(node)}`];
    }),
  );
  return failures.flat();
}

/** All transactions to the ledger, its deployment included, and the gas they took. */
async function transactionTotals({ provider }: Client): Promise<{ count: number; gas: bigint }> {
  const latest = await provider.getBlockNumber();
  let count = 0;
  let gas = 0n;
  for (let number = 0; number <= latest; number++) {
    const block = await provider.getBlock(number);
    count += block?.transactions.length ?? 0;
    gas += block?.gasUsed ?? 0n;
  }
  return { count, gas };
}
