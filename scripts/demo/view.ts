/**
 * Shows a running consortium: one table that is redrawn on a terminal, plain lines when piped.
 * @module
 */
import Table from 'cli-table3';
import { createLogUpdate } from 'log-update';
import type { NodeEvent, RoundEvent } from '../../node/algorithm/ports.ts';
import { megabytes, percent, thousands } from '../../node/report/text.ts';
import type { DemoNode } from './prepare.ts';

/** Shows events. */
export interface View {
  /** A step of the demo itself. */
  step(text: string): void;
  event(node: DemoNode, event: NodeEvent): void;
  /** Leaves the last picture where it is. */
  done(): void;
}

interface Row {
  phase: string;
  party: number | undefined;
  last: RoundEvent | undefined;
}

/** Says nothing, for `--json`. */
export const silentView: View = { step() {}, event() {}, done() {} };

/** A line an event is worth when there is no terminal; undefined for those that would only scroll by. */
export function describeEvent(node: DemoNode, event: NodeEvent, rounds: number): string | undefined {
  switch (event.type) {
    case 'registered':
      return `${node.name}  registered as party ${event.party}: ${event.samples} samples, λ = ${event.sharingLevel.toFixed(2)}, ε = ${event.privacy.epsilon} (${event.privacy.generator})`;
    case 'benchmarked':
      return `${node.name}  benchmarked: standalone ${percent(event.accuracy)}${event.reported.length > 0 ? `, reported ${event.reported.join(', ')}` : ''}`;
    case 'round':
      return `${node.name}  round ${event.round}/${rounds}: ${percent(event.accuracy)} (alone ${percent(event.accuracyAlone)}), ${thousands(event.points)} points, sent ${megabytes(event.bytesSent)}${event.missing.length > 0 ? `, MISSING ${event.missing.join(', ')}` : ''}`;
    case 'removed':
      return `${node.name}  party ${event.party} was removed in round ${event.round}`;
    case 'warning':
      return `${node.name}  round ${event.round}: ${event.message} (${event.code}${event.party === null ? '' : `, party ${event.party}`})`;
    default:
      return undefined;
  }
}

/** Creates a view on a stream. */
export function createView(stream: NodeJS.WriteStream, nodes: () => readonly DemoNode[], rounds: number): View {
  const started = performance.now();
  const stamp = () => `${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  `;
  if (!stream.isTTY) {
    const print = (line: string) => stream.write(`${stamp()}${line}\n`);
    return {
      step: print,
      event(node, event) {
        const line = describeEvent(node, event, rounds);
        if (line !== undefined) print(line);
      },
      done() {},
    };
  }

  const update = createLogUpdate(stream);
  const rows = new Map<string, Row>();
  const notes: string[] = [];
  let step = '';
  const draw = () => {
    const table = new Table({
      head: ['node', 'party', 'round', 'phase', 'accuracy', 'alone', 'points', 'sent', 'received'],
      style: { head: [], border: [] },
    });
    for (const { name } of nodes()) {
      const { party, phase, last } = rows.get(name) ?? { party: undefined, phase: 'starting', last: undefined };
      table.push([
        name,
        party ?? '',
        last ? `${last.round}/${rounds}` : '',
        phase,
        percent(last?.accuracy ?? null),
        percent(last?.accuracyAlone ?? null),
        last ? thousands(last.points) : '',
        last ? megabytes(last.bytesSent) : '',
        last ? megabytes(last.bytesReceived) : '',
      ]);
    }
    update([`${stamp()}${step}`, ...(rows.size > 0 ? [table.toString()] : []), ...notes.slice(-5)].join('\n'));
  };
  return {
    step(text) {
      step = text;
      draw();
    },
    event(node, event) {
      const row = rows.get(node.name) ?? { party: undefined, phase: 'starting', last: undefined };
      rows.set(node.name, row);
      if (event.type === 'registered') Object.assign(row, { party: event.party, phase: 'benchmark' });
      if (event.type === 'phase') row.phase = event.phase;
      if (event.type === 'round') row.last = event;
      if (event.type === 'finished') row.phase = 'finished';
      if (event.type === 'warning' || event.type === 'removed') notes.push(describeEvent(node, event, rounds) ?? '');
      draw();
    },
    done() {
      update.done();
    },
  };
}
