/**
 * Phases: who may act when, and what happens between one phase and the next.
 * @module
 */

import type { PartyId, Phase } from '../../node/types.ts';
import type { Facts } from '../types.ts';
import {
  type Call,
  credibleSenderOf,
  credibleSet,
  idsWhere,
  type ModelOrder,
  type ModelState,
  refuse,
  refusePhase,
} from './state.ts';

/** Longest duration of each phase in seconds. */
function durationOf(facts: Facts, phase: Exclude<Phase, 'closed'>): number {
  return facts[`${phase === 'forming' ? 'form' : phase}Seconds`];
}

/** Starts a phase. */
export function enter(state: ModelState, call: Call, phase: Phase, round: number): void {
  state.phase = phase;
  state.round = round;
  state.deadline = phase === 'closed' ? 0 : call.time + durationOf(state.facts, phase);
  state.acted = new Set();
  state.events.push({ name: 'PhaseStarted', round, phase, deadline: state.deadline });
}

/** Checks that the sender may act in `phase` of `round`, and has not yet. @returns its id. */
export function acting(state: ModelState, call: Call, phase: Phase, round: number): PartyId {
  const id = credibleSenderOf(state, call);
  if (state.phase !== phase) refusePhase(state);
  if (state.round !== round) refuse('RoundMismatch', state.round, round);
  if (state.acted.has(id)) refuse('RoundAlreadyActed', id);
  return id;
}

/** Ends the phase if every credible party has acted. */
export function endIfComplete(state: ModelState, call: Call): void {
  if (state.phase === 'forming' || state.phase === 'closed') return;
  const credible = credibleSet(state);
  if (credible.length > 0 && credible.every((id) => state.acted.has(id))) endPhase(state, call);
}

/** Ends a phase whose deadline has passed. */
export function advance(state: ModelState, call: Call): void {
  if (state.phase === 'closed') refusePhase(state);
  if (call.time < state.deadline) refuse('RoundDeadlineAhead', state.deadline, call.time);
  const present = credibleSet(state).length;
  const { minParties } = state.facts;
  if (state.phase === 'forming' && present < minParties) refuse('RoundTooFewParties', present, minParties);
  endPhase(state, call);
}

/** Does what is due between this phase and the next, and enters that. */
export function endPhase(state: ModelState, call: Call): void {
  switch (state.phase) {
    case 'forming':
      admit(state, 0);
      enter(state, call, 'benchmark', 0);
      break;
    case 'order':
      enter(state, call, 'deliver', state.round);
      break;
    case 'deliver':
      refundAbsent(state);
      enter(state, call, 'evaluate', state.round);
      break;
    default:
      removeReported(state);
      nextRound(state, call);
  }
}

function nextRound(state: ModelState, call: Call): void {
  const available = idsWhere(state, (party) => party.credible || party.pending).length;
  if (state.round === state.facts.rounds || available <= state.facts.minProviders) {
    enter(state, call, 'closed', state.round);
    return;
  }
  admit(state, state.round + 1);
  state.orders = [];
  state.uploads = new Map();
  enter(state, call, 'order', state.round + 1);
}

/** Lets the declarations that wait take effect: points for ⌊u·|w|·(n − 1) / |D|⌋, less those created before. */
function admit(state: ModelState, round: number): void {
  const pending = idsWhere(state, (party) => party.pending);
  const n = idsWhere(state, (party) => party.credible || party.pending).length;
  for (const id of pending) {
    const party = state.parties[id];
    const { samples, examples } = party.registration;
    const offered = BigInt(samples) * BigInt(state.facts.parameterCount);
    const entitled = (offered * BigInt(n - 1)) / BigInt(examples);
    const minted = entitled > party.minted ? entitled - party.minted : 0n;
    party.points += minted;
    party.minted += minted;
    party.cap = Math.max(party.cap, Number(offered / BigInt(examples)));
    party.credible = true;
    party.pending = false;
    state.events.push({ name: 'Initialised', party: id, round, cap: party.cap, minted });
  }
}

/** Gives back the points of every order still open, in order of requester. */
function refundAbsent(state: ModelState): void {
  for (const requester of state.parties.keys()) refund(state, requester, (order) => order.requester === requester);
}

/** Gives a requester the points of those of its open orders back that `isUnfilled` says are not to be filled. */
export function refund(state: ModelState, requester: PartyId, isUnfilled: (order: ModelOrder) => boolean): void {
  const unfilled = state.orders.filter((order) => order.open && isUnfilled(order));
  const amount = unfilled.reduce((sum, order) => sum + order.count, 0n);
  for (const order of unfilled) order.open = false;
  state.parties[requester].points += amount;
  if (amount > 0n) state.events.push({ name: 'Refunded', round: state.round, requester, amount });
}

/** Removes whom more than `removalPermille` of the credible set reported, unless the grace rounds forbid it. */
function removeReported(state: ModelState): void {
  const { graceRounds, removalPermille } = state.facts;
  const credible = credibleSet(state);
  if (state.round === 0 || state.round > graceRounds) {
    for (const accused of credible) {
      const reports = credible.filter((id) => state.reports.get(id)?.includes(accused)).length;
      if (reports * 1000 <= removalPermille * credible.length) continue;
      Object.assign(state.parties[accused], { credible: false, pending: false, removed: true });
      state.events.push({ name: 'Removed', round: state.round, party: accused, reports });
    }
  }
  state.reports = new Map();
}
