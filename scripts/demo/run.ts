/**
 * The demo itself: a chain, a ledger, nodes as processes of their own, and what came of it.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeEvent } from '../../node/algorithm/ports.ts';
import { createChainLedger } from '../../node/ledger/chainLedger.ts';
import { summaryHtml } from '../../node/report/html.ts';
import { type AuditSummary, type RunSummary, summarise } from '../../node/report/summary.ts';
import { audit } from '../../sdk/audit/audit.ts';
import { type Client, createClient } from '../../sdk/client.ts';
import { type DemoChain, startChain } from './chain.ts';
import { readCosts } from './costs.ts';
import { DemoError } from './errors.ts';
import { takeFolder } from './folder.ts';
import { type NodeFailure, type RunningNode, startNode, stopNodes } from './nodes.ts';
import { type DemoConsortium, type DemoNode, type DemoOptions, prepareConsortium } from './prepare.ts';
import type { View } from './view.ts';

/** What the demo came to. */
export interface DemoResult {
  readonly summary: RunSummary;
  /** The HTML report. */
  readonly report: string;
  /** The same as JSON. */
  readonly json: string;
  /** Nodes that did not end well. */
  readonly failures: readonly NodeFailure[];
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

/**
 * Runs the demo; whatever happens, no process of it is left.
 * @throws DemoError when it cannot start, or when a node fails before it has registered.
 * @throws the signal's reason when it aborts.
 */
export async function runDemo(options: DemoOptions, hooks: DemoHooks): Promise<DemoResult> {
  const { view, signal } = hooks;
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => view.done());
  cleanup.defer(await takeFolder(options.out));
  const laps = createLaps();

  view.step('Starting a chain …');
  const chain = await startChain(join(options.out, 'chain.log'));
  cleanup.defer(() => chain.stop());
  laps.lap('chain');
  signal.throwIfAborted();
  view.step('Sharing out the data, making keys and deploying the ledger …');
  const consortium = await prepareConsortium(chain, options);
  hooks.onPrepared?.(consortium, chain);
  laps.lap('preparation');
  signal.throwIfAborted();

  const { contract, nodes } = consortium;
  view.step(`Ledger ${contract}; ${nodes.length} nodes, ${options.rounds} rounds`);
  const observe = (node: DemoNode, event: NodeEvent) => {
    if (event.type === 'registered') laps.lap('start and register');
    if (event.type === 'benchmarked') laps.lap('benchmark');
    if (event.type === 'round') laps.lap('rounds');
    view.event(node, event);
  };
  const running = nodes.map((node) => startNode(node, observe));
  let stopping = false;
  cleanup.defer(() => {
    stopping = true;
    return stopNodes(running);
  });
  hooks.onStarted?.(running);
  const failures = await Promise.race([
    endOf(running, (failure) => !stopping && view.failed(failure)),
    chain.broken,
    aborted(signal),
  ]);

  view.step('Reading the ledger and auditing it …');
  const client = await createClient({ rpcUrl: chain.rpcUrl, chainId: chain.chainId, contract });
  cleanup.defer(() => client.close());
  const ledger = createChainLedger({ client });
  const sources = {
    name: consortium.consortium.name,
    parameterCount: (await ledger.facts()).parameterCount,
    contract,
    names: nodes.map(({ name }) => name),
    events: running.map(({ events }) => events),
    state: await ledger.state(),
    transactions: await readCosts(client),
    audit: await auditLedger(client),
    failures: failures.map(({ node, how }) => ({ name: node.name, ended: how })),
  };
  laps.lap('audit');
  const summary = summarise({ ...sources, steps: laps.steps() });
  const report = join(options.out, 'report.html');
  const json = join(options.out, 'report.json');
  await writeFile(report, await summaryHtml(summary));
  await writeFile(json, `${JSON.stringify(summary, null, 2)}\n`);
  return { summary, report, json, failures };
}

/** Waits for all nodes; shows failures as they happen. A consortium that cannot form is no use waiting for. */
async function endOf(
  running: readonly RunningNode[],
  onFailure: (failure: NodeFailure) => void,
): Promise<NodeFailure[]> {
  const failures = await Promise.all(
    running.map(async ({ ended, events }) => {
      const failure = await ended;
      if (failure === undefined) return [];
      const { node, how, lastWords } = failure;
      if (!events.some(({ type }) => type === 'registered')) {
        throw new DemoError('NODE_FAILED', `${node.name} failed before it registered: ${how}\n${lastWords}\n`, {
          action: `Its files are in ${node.folder}.`,
        });
      }
      onFailure(failure);
      return [failure];
    }),
  );
  return failures.flat();
}

/** Rejects with the signal's reason when it aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Measures steps that follow one another; a step told of again lasts until then. */
function createLaps() {
  const started = performance.now();
  const ends = new Map<string, number>();
  return {
    lap(step: string): void {
      ends.set(step, (performance.now() - started) / 1000);
    },
    steps(): RunSummary['steps'] {
      let before = 0;
      return [...ends].map(([step, end]) => {
        const seconds = Math.max(0, end - before);
        before = end;
        return { step, seconds };
      });
    },
  };
}

async function auditLedger(client: Client): Promise<AuditSummary> {
  const { verdict, counts, violationsByRule } = await audit(client);
  const violations = Object.fromEntries(Object.entries(violationsByRule).map(([rule, count]) => [rule, count ?? 0]));
  return { inOrder: verdict === 'in order', events: counts.events, violations };
}
