/**
 * A party's whole life: benchmark once, then round after round until the ledger closes. Picks up after a crash where
 * its last checkpoint and the ledger say.
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import { consortiumHash } from '../consortium.ts';
import { benchmark, trainStandalone } from './benchmark.ts';
import { forgetKeys } from './claims/answering.ts';
import type { Copies } from './claims/evidence.ts';
import { keepClaims } from './claims/keeping.ts';
import { AlgorithmError } from './errors.ts';
import { accuracyOf, type Member, selfOf } from './member.ts';
import { ModelShelf } from './modelShelf.ts';
import type { Checkpoint, LedgerState } from './ports.ts';
import { report } from './reporting.ts';
import { playRound } from './round.ts';
import { createHandlers } from './serve.ts';

/**
 * Runs Algorithms 1 and 2 for one party until the last round is over, this party is voted out, or `signal` aborts.
 * @throws AlgorithmError `WRONG_CONSORTIUM`, `WRONG_LEDGER`, `REMOVED`; whatever the ports throw with fault `self` or `chain`.
 */
export async function run(member: Member, signal: AbortSignal): Promise<void> {
  const { ledger, store, facts } = member;
  if (!timingSafeEqual(facts.consortiumHash, consortiumHash(member.consortium))) {
    throw new AlgorithmError(
      'WRONG_CONSORTIUM',
      `The ledger at ${facts.contract} was deployed for another consortium file.`,
      {
        fault: 'self',
        action: 'Get the consortium file of this ledger from its founder, or correct ledger.contract.',
      },
    );
  }

  const models = new ModelShelf();
  const copies: Copies = new Map();
  member.exchange.serve(createHandlers(member, models, copies));
  const resumed = await store.checkpoint();
  // Parties register before their first checkpoint.
  if (resumed !== undefined && (await ledger.self()) === undefined) {
    throw new AlgorithmError(
      'WRONG_LEDGER',
      `The data folder holds round ${resumed.round} of another ledger: this account never joined the one at ${facts.contract}.`,
      { fault: 'self', action: 'Give this ledger a dataFolder of its own, or correct ledger.contract.' },
    );
  }
  const first = resumed ?? (await benchmark(member, models, signal));

  // Claims are looked after beside the rounds, so that neither waits for the other.
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const rounds = playRounds(member, first, resumed !== undefined, models, both);
  const claims = keepClaims(member, copies, rounds, both);
  try {
    await Promise.all([rounds, claims]);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled([rounds, claims]);
    throw error;
  }
  await forgetKeys(member, facts.rounds + 1);
}

/** Plays round after round from a checkpoint on. */
async function playRounds(
  member: Member,
  from: Checkpoint,
  isResumed: boolean,
  models: ModelShelf,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, facts } = member;
  let checkpoint = from;
  if (isResumed) {
    // Round 0 is labelled with the standalone model, which the rounds need not start from.
    models.put(from.round, from.round === 0 ? await trainStandalone(member) : from.parameters);
    await report(member, from);
  }

  let state = await ledger.state();
  while (checkpoint.round < facts.rounds && state.phase !== 'closed') {
    state = await admitted(member, state, checkpoint, signal);
    if (state.phase === 'closed') break;
    // A party that was away for several rounds goes on with the present one.
    const round: number = Math.max(checkpoint.round + 1, state.round);
    checkpoint = await playRound(member, round, checkpoint, models, signal);
    state = await ledger.state();
  }
  const self = await ledger.self();
  member.observe({
    type: 'finished',
    party: self ?? -1,
    round: checkpoint.round,
    accuracy: await accuracyOf(member, checkpoint.parameters),
    accuracyAlone: await accuracyOf(member, checkpoint.alone),
  });
}

/**
 * The ledger once this party is one of C. Who joined in the round of its checkpoint is so from the next round on, which
 * a restart must wait for as its first run did.
 * @throws AlgorithmError `REMOVED`.
 */
async function admitted(
  member: Member,
  state: LedgerState,
  { round }: Checkpoint,
  signal: AbortSignal,
): Promise<LedgerState> {
  const self = await selfOf(member);
  if (state.parties[self].credible) return state;
  if (state.round === round) {
    const next = await member.ledger.reached(round + 1, 'order', signal);
    if (next.parties[self].credible || next.phase === 'closed') return next;
  }
  throw new AlgorithmError(
    'REMOVED',
    `This party (${self}) is no longer one of those that count: the others voted it out, or its account resigned.`,
    {
      fault: 'self',
      action:
        'If it was voted out, its models label the published samples worse than the consortium asks, or it was silent for too long: its account cannot come back. If it resigned, join again with an empty dataFolder.',
    },
  );
}
