/**
 * What is known about a running node, folded from its events: the one state behind terminal, page and metrics.
 * @module
 */
import type { ClaimEvent, NodeEvent, RoundEvent } from '../algorithm/ports.ts';
import type { PartyId, Phase } from '../types.ts';
import { openAfter } from './openClaims.ts';

type Event<Type extends NodeEvent['type']> = Readonly<Extract<NodeEvent, { type: Type }>>;

/** A node as its events describe it. Empty where nothing has happened yet. */
export interface NodeView {
  readonly started: Event<'started'> | undefined;
  readonly registered: Event<'registered'> | undefined;
  /** This party's id, once known. */
  readonly party: PartyId | undefined;
  readonly phase: Phase | 'starting';
  readonly round: number;
  /** Unix seconds at which the phase may be ended; 0 if never. */
  readonly deadline: number;
  readonly benchmarked: Event<'benchmarked'> | undefined;
  /** Finished rounds, the latest last; at most {@link MOST_ROUNDS}. */
  readonly rounds: readonly RoundEvent[];
  readonly removed: readonly PartyId[];
  /** The latest steps of claims, the latest last; at most {@link MOST_WARNINGS}. */
  readonly claims: readonly ClaimEvent[];
  /** Claims that wait for their end, each as of its latest step. */
  readonly openClaims: readonly ClaimEvent[];
  /** The latest warnings, the latest last; at most {@link MOST_WARNINGS}. */
  readonly warnings: readonly Event<'warning'>[];
  readonly finished: Event<'finished'> | undefined;
}

/** Rounds kept for the chart. */
export const MOST_ROUNDS = 1000;
/** Warnings, and steps of claims, kept for reading. */
export const MOST_WARNINGS = 20;

/** A node before its first event. */
export const emptyView: NodeView = {
  started: undefined,
  registered: undefined,
  party: undefined,
  phase: 'starting',
  round: 0,
  deadline: 0,
  benchmarked: undefined,
  rounds: [],
  removed: [],
  claims: [],
  openClaims: [],
  warnings: [],
  finished: undefined,
};

/** The view after one more event. */
export function updateView(view: NodeView, event: NodeEvent): NodeView {
  switch (event.type) {
    case 'started':
      return { ...view, started: event };
    case 'registered':
      return { ...view, registered: event, party: event.party };
    case 'phase':
      return { ...view, phase: event.phase, round: event.round, deadline: event.deadline };
    case 'benchmarked':
      return { ...view, benchmarked: event, party: event.party };
    case 'round':
      return { ...view, party: event.party, rounds: [...view.rounds, event].slice(-MOST_ROUNDS) };
    case 'removed':
      return { ...view, removed: [...view.removed, event.party] };
    case 'claim':
      return {
        ...view,
        claims: [...view.claims, event].slice(-MOST_WARNINGS),
        openClaims: openAfter(view.openClaims, event),
      };
    case 'warning':
      return { ...view, warnings: [...view.warnings, event].slice(-MOST_WARNINGS) };
    case 'finished':
      return { ...view, party: event.party, phase: 'closed', deadline: 0, finished: event };
  }
}
