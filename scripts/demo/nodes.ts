/**
 * Runs the demo's nodes as processes of their own and listens to what they say.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { NodeEvent } from '../../node/algorithm/ports.ts';
import { type Child, startChild, stopChild } from './children.ts';
import type { DemoNode } from './prepare.ts';

/** A node process. */
export interface RunningNode {
  readonly node: DemoNode;
  readonly process: Child;
  /** What it said so far. */
  readonly events: readonly NodeEvent[];
  /** Resolves when it has ended: how it failed, or undefined if it finished its rounds. */
  readonly ended: Promise<NodeFailure | undefined>;
}

/** A node that did not finish. */
export interface NodeFailure {
  readonly node: DemoNode;
  /** "exit code 5" or "SIGKILL". */
  readonly how: string;
  /** What it wrote to standard error at the end, and the end of its log. */
  readonly lastWords: string;
}

const main = join(import.meta.dirname, '..', '..', 'node', 'main.ts');
const LAST_LINES = 5;

const lastLines = (text: string) => text.trimEnd().split('\n').slice(-LAST_LINES).join('\n');

/** The event of a line of standard output; undefined for anything else a library may print there. */
function parseEvent(line: string): NodeEvent | undefined {
  try {
    // The node is this project's own program: its events have the type it writes them with.
    const event: NodeEvent = JSON.parse(line);
    return typeof event?.type === 'string' ? event : undefined;
  } catch {
    return undefined;
  }
}

/** Starts a node. */
export function startNode(node: DemoNode, onEvent: (node: DemoNode, event: NodeEvent) => void): RunningNode {
  const child = startChild([main, 'node', '--config', node.config, '--json']);
  const events: NodeEvent[] = [];
  let complaints = '';
  const complain = (text: string) => {
    complaints = (complaints + text).slice(-4000);
  };
  child.stderr.on('data', (chunk: Buffer) => complain(String(chunk)));
  const lines = createInterface({ input: child.stdout });
  const read = new Promise((resolve) => lines.once('close', resolve));
  lines.on('line', (line) => {
    const event = parseEvent(line);
    if (event === undefined) return complain(`${line}\n`);
    events.push(event);
    onEvent(node, event);
  });
  const closed = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const end = async (): Promise<NodeFailure | undefined> => {
    const how = await closed;
    await read;
    const finished = events.some(({ type }) => type === 'finished');
    if (finished && how === 'exit code 0') return undefined;
    const log = await readFile(join(node.folder, 'node.log'), 'utf8').catch(() => '(none)');
    return { node, how, lastWords: `${lastLines(complaints)}\nThe end of its log:\n${lastLines(log)}` };
  };
  return { node, process: child, events, ended: end() };
}

/** Ends nodes that still run, and waits until they have. */
export async function stopNodes(nodes: readonly RunningNode[]): Promise<void> {
  await Promise.all(nodes.map(({ process: child }) => stopChild(child)));
}
