/**
 * Shows a running consortium: one table that is redrawn on a terminal, plain lines when piped.
 * @module
 */
import Table from 'cli-table3';
import { createLogUpdate } from 'log-update';
import type { NodeEvent } from '../../node/algorithm/ports.ts';
import { emptyView, type NodeView, updateView } from '../../node/monitor/nodeView.ts';
import { megabytes, percent, thousands } from '../../node/report/text.ts';
import type { NodeFailure } from './nodes.ts';
import type { DemoNode } from './prepare.ts';

/** Shows what happens. */
export interface View {
  /** A step of the demo itself. */
  step(text: string): void;
  event(node: DemoNode, event: NodeEvent): void;
  /** A node that ended badly. */
  failed(failure: NodeFailure): void;
  /** Leaves the last picture where it is. */
  done(): void;
}

/** Says nothing, for `--json`. */
export const silentView: View = { step() {}, event() {}, failed() {}, done() {} };

const REDRAW_MS = 1000;
/** Notes shown below the table. */
const VISIBLE_NOTES = 5;

/** What plain lines and notes say of an event; undefined for those that would only scroll by. */
export function describeEvent(name: string, event: NodeEvent, rounds: number): string | undefined {
  switch (event.type) {
    case 'registered': {
      const { generator, epsilon } = event.privacy;
      return `${name} registered as party ${event.party}: ${event.samples} samples (${generator}, ε = ${epsilon}), λ = ${event.sharingLevel.toFixed(2)}`;
    }
    case 'benchmarked': {
      const reported = event.reported.length > 0 ? `, reported parties ${event.reported.join(', ')}` : '';
      return `${name} benchmarked: standalone ${percent(event.accuracy)}${reported}`;
    }
    case 'round': {
      const missing = event.missing.length > 0 ? `, MISSING parties ${event.missing.join(', ')}` : '';
      const skipped = event.skipped ? ', NOTHING ADDED' : '';
      return `${name} round ${event.round}/${rounds}: ${percent(event.accuracy)} (alone ${percent(event.accuracyAlone)}), ${thousands(event.points)} points, sent ${megabytes(event.bytesSent)}${missing}${skipped}`;
    }
    case 'removed':
      return `${name} saw party ${event.party} voted out in round ${event.round}`;
    case 'warning': {
      const about = event.party === null ? '' : `, party ${event.party}`;
      return `${name} round ${event.round}: ${event.message} (${event.code}${about})`;
    }
    case 'claim':
      return `${name} round ${event.round}: claim of party ${event.requester} against party ${event.provider}: ${event.step}`;
    default:
      return undefined;
  }
}

/** How a failure is told while the others go on. */
function describeFailure({ node, how }: NodeFailure): string {
  return `${node.name} FAILED with ${how}; the others go on`;
}

/** One line for each thing that happens. */
function createLines(stream: NodeJS.WriteStream, stamp: () => string, rounds: number): View {
  const print = (line: string) => stream.write(`${stamp()}${line}\n`);
  return {
    step: print,
    event(node, event) {
      const line = describeEvent(node.name, event, rounds);
      if (line !== undefined) print(line);
    },
    failed: (failure) => print(describeFailure(failure)),
    done() {},
  };
}

/** A table with a row for each node, redrawn in place. */
function createTable(
  stream: NodeJS.WriteStream,
  stamp: () => string,
  rounds: number,
  nodes: () => readonly DemoNode[],
): View {
  const update = createLogUpdate(stream);
  const views = new Map<string, NodeView>();
  const failed = new Set<string>();
  const notes: string[] = [];
  let step = '';

  const row = (name: string) => {
    const { party, phase, rounds: finished, finished: end } = views.get(name) ?? emptyView;
    const last = finished.at(-1);
    return [
      name,
      party ?? '',
      last ? `${last.round}/${rounds}` : '',
      failed.has(name) ? 'FAILED' : end ? 'finished' : phase,
      percent(last?.accuracy ?? null),
      percent(last?.accuracyAlone ?? null),
      last ? thousands(last.points) : '',
      last ? megabytes(last.bytesSent) : '',
      last ? megabytes(last.bytesReceived) : '',
    ];
  };
  const draw = () => {
    const table = new Table({
      head: ['node', 'party', 'round', 'phase', 'accuracy', 'alone', 'points', 'sent', 'received'],
      style: { head: [], border: [], compact: true },
    });
    for (const { name } of nodes()) table.push(row(name));
    update([`${stamp()}${step}`, ...(views.size > 0 ? [table.toString()] : []), ...notes].join('\n'));
  };
  const note = (text: string) => {
    notes.push(text);
    if (notes.length > VISIBLE_NOTES) notes.shift();
  };
  const clock = setInterval(draw, REDRAW_MS);
  clock.unref();
  return {
    step(text) {
      step = text;
      draw();
    },
    event(node, event) {
      views.set(node.name, updateView(views.get(node.name) ?? emptyView, event));
      if (event.type === 'warning' || event.type === 'removed') note(describeEvent(node.name, event, rounds) ?? '');
      draw();
    },
    failed(failure) {
      failed.add(failure.node.name);
      note(describeFailure(failure));
      draw();
    },
    done() {
      clearInterval(clock);
      update.done();
    },
  };
}

/**
 * Creates a view on a stream.
 * @param live - redraw a table in place instead of printing lines; for terminals.
 * @param nodes - the nodes, as soon as they are known.
 */
export function createView(
  stream: NodeJS.WriteStream,
  live: boolean,
  nodes: () => readonly DemoNode[],
  rounds: number,
): View {
  const started = performance.now();
  const stamp = () => `${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  `;
  return live ? createTable(stream, stamp, rounds, nodes) : createLines(stream, stamp, rounds);
}
