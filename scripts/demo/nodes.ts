/**
 * Runs the demo's nodes as processes of their own and listens to what they say.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { NodeEvent } from '../../node/algorithm/ports.ts';
import type { DemoNode } from './prepare.ts';

/** A node process. */
export interface RunningNode {
  readonly node: DemoNode;
  readonly process: ChildProcess;
  /** What it said so far. */
  readonly events: readonly NodeEvent[];
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** What it wrote to standard error: log lines, and the sentence with which it failed. */
  errors(): string;
}

const main = join(import.meta.dirname, '..', '..', 'node', 'main.ts');

/** Starts a node. */
export function startNode(node: DemoNode, onEvent: (node: DemoNode, event: NodeEvent) => void): RunningNode {
  const child = spawn(process.execPath, [main, 'node', '--config', node.config, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const events: NodeEvent[] = [];
  let errors = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event: NodeEvent = JSON.parse(line);
    events.push(event);
    onEvent(node, event);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk).slice(-4000);
  });
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    // "close" comes after the last line of its output.
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  return { node, process: child, events, ended, errors: () => errors };
}

/** Ends nodes that still run, and waits until they have. */
export async function stopNodes(nodes: readonly RunningNode[]): Promise<void> {
  for (const { process: child } of nodes)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  await Promise.all(nodes.map(({ ended }) => ended));
}

/** The last lines of a node's log, for a failure's report. */
export async function lastLogLines(node: DemoNode, count = 5): Promise<string> {
  const log = await readFile(join(node.folder, 'node.log'), 'utf8').catch(() => '(no log)');
  return log.trimEnd().split('\n').slice(-count).join('\n');
}
