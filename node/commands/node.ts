/**
 * `dppdl node`: runs a member's node until the consortium has finished, or until asked to stop.
 * @module
 */
import { Command } from 'commander';
import type { NodeEvent } from '../algorithm/ports.ts';
import { readNodeConfig } from '../config.ts';
import { createEventLog } from '../monitor/eventLog.ts';
import { createLog, type LogOptions } from '../monitor/log.ts';
import { createProgress, type Progress } from '../monitor/progress.ts';
import { type NodeDependencies, runNode } from '../node.ts';
import { stopSignal } from '../signals.ts';
import { printJson } from './output.ts';

/** Events as JSON lines on standard output. */
const jsonProgress: Progress = { observe: printJson, print() {}, stop() {} };

/** While a live view owns the terminal, log lines go above it; otherwise to standard error. */
function openLog(options: LogOptions, progress: Progress, live: boolean) {
  return live ? createLog(options, { write: (line) => progress.print(line.trimEnd()) }) : createLog(options);
}

async function run(options: { readonly config: string; readonly json?: true }): Promise<void> {
  const config = await readNodeConfig(options.config);
  // Build servers pretend to be terminals, where a view redrawn in place is lost.
  const live = !options.json && process.stdout.isTTY && process.env['CI'] === undefined;
  const progress = options.json ? jsonProgress : createProgress(process.stdout, live);
  const log = openLog({ ...config.log, terminal: options.json ? 'json' : 'pretty' }, progress, live);
  const signal = stopSignal((name) => log.info('Stopping; send the signal again to stop at once', { signal: name }));

  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => progress.stop());
  const observers: ((event: NodeEvent) => void)[] = [progress.observe];
  let onNetwork: NodeDependencies['onNetwork'] = () => {};
  // The terminal shows events already; the file keeps them.
  if (config.log.file !== undefined) observers.push(createEventLog(createLog({ ...config.log, terminal: 'none' })));
  if (config.metrics !== undefined) {
    const { startStatusServer } = await import('../monitor/statusServer.ts');
    const server = await startStatusServer(config.metrics);
    cleanup.defer(() => server.stop());
    observers.push(server.observe);
    onNetwork = server.watch;
    log.info('Serving status and metrics', { url: server.url });
  }
  const observer = (event: NodeEvent) => {
    for (const observe of observers) observe(event);
  };
  try {
    await runNode(config, { observer, signal, log, onNetwork, environment: process.env });
  } catch (error) {
    // Being asked to stop is not a failure: what must not be forgotten is on disk, and the next start goes on there.
    if (!signal.aborted || error !== signal.reason) throw error;
    log.info('Stopped');
  }
}

/** Creates the command. */
export function createNodeCommand(): Command {
  return new Command('node')
    .description(
      'Run a member’s node: register, benchmark, then round after round until the ledger closes. Started again, it goes on where it was.',
    )
    .requiredOption('--config <file>', 'the node’s configuration')
    .option('--json', 'print one JSON object per event instead of the live view')
    .addHelpText(
      'after',
      `
SIGINT or SIGTERM stops the node cleanly with exit code 0; a second one stops it at once.

Examples:
  dppdl node --config node.yaml
  dppdl node --config node.yaml --json | jq 'select(.type == "round")'`,
    )
    .action(run);
}
