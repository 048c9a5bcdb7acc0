/**
 * A node's numbers for Prometheus, fed by its events.
 * @module
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ClaimEvent, NodeEvent, RoundEvent } from '../algorithm/ports.ts';
import type { PeerCounters } from '../peer/peer.ts';
import { isNew, openAfter } from './openClaims.ts';

const phases = ['forming', 'benchmark', 'order', 'deliver', 'evaluate', 'closed'] as const;
const sides: readonly ClaimEvent['side'][] = ['requester', 'provider', 'jury'];
const votes: readonly ClaimEvent['step'][] = ['votedFor', 'votedAgainst'];
const steps: readonly ClaimEvent['step'][] = ['filed', 'answered', ...votes, 'upheld', 'rejected', 'undecided'];

/** What the peer has counted since the node started. */
export interface NetworkFigures extends PeerCounters {
  /** Bytes on the wire. */
  readonly sent: number;
  readonly received: number;
}

/** Metrics of one node. */
export interface Metrics {
  /** Reads the network's figures whenever somebody asks for the metrics. */
  watch(read: () => NetworkFigures): void;
  observe(event: NodeEvent): void;
  /** All metrics in Prometheus' text format, and its content type. */
  render(): Promise<{ text: string; contentType: string }>;
}

/** Creates the metrics of one node; names are `dppdl_<what>_<unit>`, beside those of the process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const labelled = <Label extends string>(name: string, help: string, label: Label) =>
    new Gauge({ name, help, labelNames: [label], registers });
  const counter = (name: string, help: string) => new Counter({ name, help, registers });

  const round = gauge('dppdl_round', 'Round the ledger is in; 0 before the first.');
  const phase = labelled('dppdl_phase', '1 for the phase the ledger is in, 0 for the others.', 'phase');
  const deadline = gauge('dppdl_phase_deadline_seconds', 'Unix time at which the phase may be ended; 0 if never.');
  const accuracy = labelled('dppdl_accuracy_ratio', 'Share of the test examples labelled right.', 'model');
  const points = gauge('dppdl_points', 'Points free to spend.');
  const credibility = labelled(
    'dppdl_credibility_ratio',
    'Credibility of each party in the eyes of this one.',
    'party',
  );
  const step = labelled('dppdl_step_seconds', 'Wall seconds of each step of the latest round.', 'step');
  const epsilon = gauge('dppdl_privacy_epsilon', 'ε of the published samples, per original record.');
  const rounds = counter('dppdl_rounds_total', 'Rounds finished since the node started.');
  const skipped = counter('dppdl_rounds_skipped_total', 'Rounds in which nothing could be added.');
  const ordered = counter('dppdl_ordered_entries_total', 'Gradient entries ordered from others.');
  const arrived = counter('dppdl_received_entries_total', 'Gradient entries received in sums.');
  const missing = counter('dppdl_missing_deliveries_total', 'Providers that did not deliver, over all rounds.');
  const removed = counter('dppdl_removed_parties_total', 'Parties voted out.');
  const byCode = (name: string, help: string) => new Counter({ name, help, labelNames: ['code'], registers });
  const claims = new Counter({
    name: 'dppdl_claims_total',
    help: 'Claims seen since the node started, by the step they came to and what this party is in them.',
    labelNames: ['step', 'side'],
    registers,
  });
  const openClaims = new Gauge({
    name: 'dppdl_open_claims',
    help: 'Claims that wait for their end, by what this party is in them.',
    labelNames: ['side'],
    registers,
  });
  // Series that are there from the start let an alert tell 0 from a node that is away.
  for (const side of sides) {
    openClaims.set({ side }, 0);
    for (const step of steps) claims.inc({ step, side }, 0);
  }
  let open: readonly ClaimEvent[] = [];
  const warnings = byCode('dppdl_warnings_total', 'Warnings by code.');
  const sent = gauge('dppdl_sent_bytes', 'Bytes sent to other parties since the node started.');
  const received = gauge('dppdl_received_bytes', 'Bytes received from other parties since the node started.');
  const answers = byCode('dppdl_answers_total', 'Requests of other parties by the answer they got; DROPPED got none.');
  const failedAttempts = counter(
    'dppdl_failed_attempts_total',
    'Own requests that brought no answer and were repeated.',
  );
  const strangers = counter('dppdl_refused_strangers_total', 'Connections refused because no party has the peer id.');

  const observeNetwork = (figures: NetworkFigures) => {
    sent.set(figures.sent);
    received.set(figures.received);
    answers.reset();
    for (const [code, count] of Object.entries(figures.answers)) answers.inc({ code }, count);
    failedAttempts.reset();
    failedAttempts.inc(figures.failedAttempts);
    strangers.reset();
    strangers.inc(figures.strangers);
  };
  let network: (() => NetworkFigures) | undefined;

  const observeRound = (event: RoundEvent) => {
    rounds.inc();
    ordered.inc(event.ordered);
    arrived.inc(event.received);
    missing.inc(event.missing.length);
    if (event.skipped) skipped.inc();
    if (event.accuracy !== null) accuracy.set({ model: 'together' }, event.accuracy);
    if (event.accuracyAlone !== null) accuracy.set({ model: 'alone' }, event.accuracyAlone);
    points.set(Number(event.points));
    event.credibility.forEach((value, party) => {
      credibility.set({ party }, value);
    });
    for (const [name, seconds] of Object.entries(event.seconds)) step.set({ step: name }, seconds);
  };

  const observeClaim = (event: ClaimEvent) => {
    const { side, step } = event;
    // One that was answered or over when this party looked first was filed nevertheless.
    if (step !== 'filed' && !votes.includes(step) && isNew(open, event)) claims.inc({ step: 'filed', side });
    claims.inc({ step, side });
    open = openAfter(open, event);
    for (const each of sides) openClaims.set({ side: each }, open.filter((claim) => claim.side === each).length);
  };

  return {
    observe(event) {
      switch (event.type) {
        case 'registered':
          return epsilon.set(event.privacy.epsilon);
        case 'phase':
          round.set(event.round);
          deadline.set(event.deadline);
          for (const name of phases) phase.set({ phase: name }, name === event.phase ? 1 : 0);
          return;
        case 'round':
          return observeRound(event);
        case 'removed':
          return removed.inc();
        case 'claim':
          return observeClaim(event);
        case 'warning':
          return warnings.inc({ code: event.code });
        default:
          return;
      }
    },
    watch(read) {
      network = read;
    },
    async render() {
      if (network !== undefined) observeNetwork(network());
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
  };
}
