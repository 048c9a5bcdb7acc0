/**
 * One party's side of the protocol: what it shares with everybody, what is its own, and the ports it acts through.
 * @module
 */
import type { Consortium } from '../consortium.ts';
import { normaliseCredibility } from '../credibility/credibility.ts';
import { scramble } from '../random.ts';
import type { Examples, Party, PartyId } from '../types.ts';
import type { Envelopes } from './envelopes.ts';
import type {
  Clock,
  Exchange,
  Keys,
  Learner,
  Ledger,
  LedgerFacts,
  LedgerState,
  Observer,
  Releases,
  SampleGenerator,
  Store,
} from './ports.ts';

/** Everything party i is and may use. */
export interface Member {
  readonly consortium: Consortium;
  readonly facts: LedgerFacts;
  /** D_i. */
  readonly examples: Examples;
  /** Held-out examples on which accuracy is shown; they never influence the algorithm. */
  readonly test: Examples | undefined;
  /** Rounds after which accuracy is shown; every round unless told. */
  readonly isMeasured?: (round: number) => boolean;
  /** u_i as this party states it at INIT: samples labelled in each rating; λ_i = u_i / |D_i|. */
  readonly sharedSamples: number;
  /** Seed of every repeatable choice of this party: visiting order, which samples are rated. */
  readonly seed: number;
  /** peer id and address stated at INIT. */
  readonly contact: { readonly peerId: string; readonly address: string };
  readonly ledger: Ledger;
  readonly exchange: Exchange;
  readonly learner: Learner;
  readonly generator: SampleGenerator;
  readonly keys: Keys;
  readonly envelopes: Envelopes;
  readonly releases: Releases;
  readonly store: Store;
  readonly clock: Clock;
  readonly observe: Observer;
}

/** C∖i: the credible parties other than `self`. */
export function credibleOthers(state: LedgerState, self: PartyId): Party[] {
  return state.parties.filter((party) => party.credible && party.id !== self);
}

/**
 * This party's id.
 * @throws TypeError before INIT: a programming error.
 */
export async function selfOf(member: Member): Promise<PartyId> {
  const self = await member.ledger.self();
  if (self === undefined) throw new TypeError('This needs a registered party.');
  return self;
}

/** Renormalises credibility over the parties that are in C now. */
export function normaliseOverCredible(credibility: readonly number[], state: LedgerState, self: PartyId): number[] {
  const others = credibleOthers(state, self).map((party) => party.id);
  const known = state.parties.map((party) => credibility[party.id] ?? 0);
  return normaliseCredibility(known, others);
}

/**
 * How much of a phase a party spends waiting for others: for blobs from their providers, then, where it filed claims,
 * for blobs from whoever has them, and for labels. Gradients get the first part alone, so that a provider that never
 * serves its blob cannot use up the time for labels and make everybody look silent; the last part is for this party's
 * own act to be recorded in time.
 */
export const waitingShares = { blobs: 0.25, gradients: 0.5, labels: 0.75 } as const;

/** Aborts when `share` of what is left of a phase is over. */
export function waitingSignal(
  { clock }: Member,
  { deadline }: LedgerState,
  share: number,
  signal: AbortSignal,
): AbortSignal {
  const now = clock.now();
  return AbortSignal.any([signal, clock.until(deadline === 0 ? 0 : now + share * Math.max(0, deadline - now))]);
}

/** A seed for one purpose in one round. */
export function seedFor(base: number, round: number, purpose: number): number {
  return scramble(base ^ Math.imul(round, 0x9e3779b1) ^ Math.imul(purpose, 0x85ebca6b)) & 0x7fffffff;
}

/** What {@link seedFor} tells apart. */
export const purposes = { training: 1, rating: 2, ordering: 3 } as const;

/** Share of the test examples that parameters label right, 0 … 1; null without test examples. */
export async function accuracyOf(member: Member, parameters: Float32Array): Promise<number | null> {
  if (member.test === undefined) return null;
  const labels = await member.learner.label(parameters, member.test.inputs);
  let right = 0;
  for (let row = 0; row < labels.length; row++) if (labels[row] === member.test.labels[row]) right++;
  return labels.length === 0 ? null : right / labels.length;
}
