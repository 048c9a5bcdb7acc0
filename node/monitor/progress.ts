/**
 * A node's progress for the person who runs it: a live view on a terminal, one line an event when piped.
 * @module
 */
import Table from 'cli-table3';
import { createLogUpdate } from 'log-update';
import type { ClaimEvent, NodeEvent, RoundEvent } from '../algorithm/ports.ts';
import { escapeControls } from './log.ts';
import { emptyView, type NodeView, updateView } from './nodeView.ts';

/** Shows events as they come. */
export interface Progress {
  observe(event: NodeEvent): void;
  /** Puts a line that stays above the live view. */
  print(line: string): void;
  /** Leaves the last view standing and stops redrawing. */
  stop(): void;
}

/** Rounds shown in the live view. */
const VISIBLE_ROUNDS = 10;
const REDRAW_MS = 1000;

const percent = (share: number | null) => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const parties = (ids: readonly number[]) => (ids.length === 0 ? 'none' : ids.join(', '));

function describeRound(event: RoundEvent): string {
  const { round, accuracy, accuracyAlone, points, ordered, received, missing, skipped, seconds } = event;
  const total = seconds.train + seconds.order + seconds.deliver + seconds.evaluate;
  const parts = [
    `round ${round}: accuracy ${percent(accuracy)}, alone ${percent(accuracyAlone)}`,
    `${points} points`,
    skipped ? `nothing received of ${ordered} entries ordered` : `${received} of ${ordered} entries received`,
    ...(missing.length > 0 ? [`missing parties ${parties(missing)}`] : []),
    `${total.toFixed(1)} s`,
  ];
  return parts.join(', ');
}

const claimSteps: Readonly<Record<ClaimEvent['step'], string>> = {
  filed: 'filed',
  answered: 'answered',
  votedFor: 'this party votes for the requester',
  votedAgainst: 'this party votes for the provider',
  upheld: 'upheld',
  rejected: 'rejected',
  undecided: 'undecided',
};

function describeClaim({ round, requester, provider, complaint, step }: ClaimEvent): string {
  const what = complaint === 'notDelivered' ? 'was not delivered' : 'does not open';
  return `round ${round}: claim of party ${requester} that the blob of party ${provider} ${what}: ${claimSteps[step]}`;
}

/** One event in one line. */
export function describeEvent(event: NodeEvent): string {
  switch (event.type) {
    case 'started':
      return `started: ${event.examples} examples, account ${event.account}, listening on ${event.address}, trains on ${event.backend}`;
    case 'registered': {
      const { generator, epsilon, delta } = event.privacy;
      return `registered as party ${event.party}: ${event.samples} samples (${generator}), sharing level ${event.sharingLevel.toFixed(3)}, ε = ${epsilon.toPrecision(3)} and δ = ${delta.toPrecision(2)} per original record`;
    }
    case 'phase': {
      const until =
        event.deadline === 0 ? '' : `, until ${new Date(event.deadline * 1000).toISOString().slice(11, 19)}`;
      return event.round === 0 ? `phase ${event.phase}${until}` : `round ${event.round}: phase ${event.phase}${until}`;
    }
    case 'benchmarked':
      return `benchmark: accuracy alone ${percent(event.accuracy)}, reported parties: ${parties(event.reported)}`;
    case 'round':
      return describeRound(event);
    case 'removed':
      return `round ${event.round}: party ${event.party} was voted out`;
    case 'claim':
      return describeClaim(event);
    case 'warning':
      return `warning in round ${event.round}: ${event.message} (${event.code})`;
    case 'finished':
      return `finished after round ${event.round}: accuracy ${percent(event.accuracy)}, alone ${percent(event.accuracyAlone)}`;
  }
}

const frameless = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((name) => [name, '']),
);

/** Text in columns, without frames; the first row is the head. */
export function columns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  left: readonly number[] = [],
): string {
  const table = new Table({
    head: [...head],
    chars: { ...frameless, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, column) => (left.includes(column) ? 'left' : 'right')),
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

/** The whole live view. @param now - Unix seconds. */
export function renderView(view: NodeView, now: number): string {
  const { started, registered, party, phase, round, deadline, rounds, warnings, removed, openClaims } = view;
  const left = deadline > now ? `, at most ${Math.ceil(deadline - now)} s left` : '';
  const lines = [
    `DPPDL node${party === undefined ? '' : `, party ${party}`}${started ? `, account ${started.account}` : ''}`,
    `${round > 0 ? `round ${round}, ` : ''}phase ${phase}${left}`,
  ];
  if (registered) {
    const { epsilon, delta } = registered.privacy;
    lines.push(
      `${started?.examples ?? '–'} examples, ${registered.samples} samples published (ε = ${epsilon.toPrecision(3)}, δ = ${delta.toPrecision(2)} per original record)`,
    );
  }
  if (rounds.length > 0) {
    const head = ['round', 'accuracy', 'alone', 'points', 'ordered', 'received', 'missing', 'sent', 'seconds'];
    const rows = rounds.slice(-VISIBLE_ROUNDS).map((each) => {
      const { train, order, deliver, evaluate } = each.seconds;
      return [
        String(each.round),
        percent(each.accuracy),
        percent(each.accuracyAlone),
        each.points,
        String(each.ordered),
        each.skipped ? 'skipped' : String(each.received),
        each.missing.length === 0 ? '' : each.missing.join(','),
        megabytes(each.bytesSent),
        (train + order + deliver + evaluate).toFixed(1),
      ];
    });
    lines.push('', columns(head, rows));
  }
  if (openClaims.length > 0) lines.push('', ...openClaims.slice(-3).map(describeEvent));
  if (removed.length > 0) lines.push('', `voted out: ${parties(removed)}`);
  if (warnings.length > 0) lines.push('', ...warnings.slice(-3).map((each) => escapeControls(describeEvent(each))));
  return lines.join('\n');
}

/** Lines, one an event, for logs and pipes. */
function createPlainProgress(stream: { write(text: string): unknown }): Progress {
  const print = (line: string) => stream.write(`${escapeControls(line)}\n`);
  return { observe: (event) => print(describeEvent(event)), print, stop() {} };
}

function createLiveProgress(stream: NodeJS.WriteStream): Progress {
  const screen = createLogUpdate(stream);
  let view = emptyView;
  const draw = () => screen(renderView(view, Date.now() / 1000));
  const timer = setInterval(draw, REDRAW_MS);
  timer.unref();
  return {
    observe(event) {
      view = updateView(view, event);
      draw();
    },
    print: (line) => screen.persist(escapeControls(line)),
    stop() {
      clearInterval(timer);
      draw();
      screen.done();
    },
  };
}

/**
 * Creates the view that suits the stream.
 * @param live - redraw in place; only where a person looks at a terminal.
 */
export function createProgress(stream: NodeJS.WriteStream, live: boolean): Progress {
  return live ? createLiveProgress(stream) : createPlainProgress(stream);
}
