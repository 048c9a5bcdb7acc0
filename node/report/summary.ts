/**
 * What a run came to, from what its nodes said and what the ledger holds: did everyone get better than alone, was it
 * fair, do the books balance, what privacy was spent.
 * @module
 */
import type { LedgerState, NodeEvent, RoundEvent } from '../algorithm/ports.ts';
import type { PartyId, PrivacyStatement } from '../types.ts';
import { fairness } from './fairness.ts';

/** One party's part of a run. */
export interface PartySummary {
  readonly id: PartyId;
  readonly account: string;
  /** |D_i|. */
  readonly examples: number;
  /** u_i. */
  readonly samples: number;
  /** λ_i = u_i / |D_i|. */
  readonly sharingLevel: number;
  readonly privacy: PrivacyStatement;
  readonly credible: boolean;
  /** Test accuracies, 0 … 1: standalone before the rounds, the same training alone, and with the others. */
  readonly accuracyStandalone: number | null;
  readonly accuracyAlone: number | null;
  readonly accuracy: number | null;
  /** p_i at the end. */
  readonly points: string;
  /** Mean of c_j^i over the others at the end. */
  readonly credibilityReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly rounds: readonly RoundEvent[];
  readonly warnings: number;
}

/** A run. */
export interface RunSummary {
  readonly name: string;
  readonly rounds: number;
  readonly parameterCount: number;
  readonly contract: string;
  readonly parties: readonly PartySummary[];
  /** Equation 3 with λ as the contribution; `control` is the same with the accuracies reached alone. */
  readonly fairness: { readonly r: number | null; readonly control: number | null };
  readonly everyoneBetter: boolean;
  readonly books: { readonly minted: string; readonly held: string; readonly balanced: boolean };
  readonly transactions: { readonly count: number; readonly gas: string };
  /** Mean wall seconds of one round, by step. */
  readonly seconds: RoundEvent['seconds'];
  /** Mean seconds of one whole round. */
  readonly secondsPerRound: number;
  /** Rounds in which somebody was missing or a sum was left out. */
  readonly troubles: readonly {
    readonly round: number;
    readonly party: PartyId;
    readonly missing: readonly PartyId[];
    readonly skipped: boolean;
  }[];
}

/** What {@link summarise} starts from. */
export interface SummarySources {
  readonly name: string;
  readonly parameterCount: number;
  readonly contract: string;
  /** What each node said, node by node, in order. */
  readonly events: readonly (readonly NodeEvent[])[];
  /** The ledger at the end. */
  readonly state: LedgerState;
  readonly transactions: { readonly count: number; readonly gas: bigint };
}

type EventOf<Type extends NodeEvent['type']> = Extract<NodeEvent, { type: Type }>;

function ofType<Type extends NodeEvent['type']>(events: readonly NodeEvent[], type: Type): EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type);
}

const mean = (values: readonly number[]) =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Sums a run up. Nodes that never registered have no row. */
export function summarise(sources: SummarySources): RunSummary {
  const { state, events } = sources;
  const byParty = new Map(events.map((said) => [ofType(said, 'registered').at(-1)?.party, said]));
  const lastCredibility = state.parties.map(({ id }) => ofType(byParty.get(id) ?? [], 'round').at(-1)?.credibility);

  const parties = state.parties.map((party): PartySummary => {
    const said = byParty.get(party.id) ?? [];
    const rounds = ofType(said, 'round');
    const last = rounds.at(-1);
    const given = lastCredibility.flatMap((row, giver) => (giver === party.id || !row ? [] : [row[party.id] ?? 0]));
    return {
      id: party.id,
      account: party.account,
      examples: party.examples,
      samples: party.samples,
      sharingLevel: party.samples / party.examples,
      privacy: party.privacy,
      credible: party.credible,
      accuracyStandalone: ofType(said, 'benchmarked').at(-1)?.accuracy ?? null,
      accuracyAlone: last?.accuracyAlone ?? null,
      accuracy: last?.accuracy ?? null,
      points: party.points.toString(),
      credibilityReceived: mean(given),
      bytesSent: last?.bytesSent ?? 0,
      bytesReceived: last?.bytesReceived ?? 0,
      rounds,
      warnings: ofType(said, 'warning').length,
    };
  });

  const rated = parties.filter(({ accuracy, accuracyAlone }) => accuracy !== null && accuracyAlone !== null);
  const contributions = rated.map(({ sharingLevel }) => sharingLevel);
  const held = state.parties.reduce((sum, { points, escrow }) => sum + points + escrow, 0n);
  const rounds = parties.flatMap((party) => party.rounds);
  const seconds = {
    train: mean(rounds.map((round) => round.seconds.train)),
    order: mean(rounds.map((round) => round.seconds.order)),
    deliver: mean(rounds.map((round) => round.seconds.deliver)),
    evaluate: mean(rounds.map((round) => round.seconds.evaluate)),
  };
  return {
    name: sources.name,
    rounds: Math.max(0, ...rounds.map(({ round }) => round)),
    parameterCount: sources.parameterCount,
    contract: sources.contract,
    parties,
    fairness: {
      r: fairness(
        contributions,
        rated.map(({ accuracy }) => accuracy ?? 0),
      ),
      control: fairness(
        contributions,
        rated.map(({ accuracyAlone }) => accuracyAlone ?? 0),
      ),
    },
    everyoneBetter:
      rated.length > 0 && rated.every(({ accuracy, accuracyAlone }) => (accuracy ?? 0) > (accuracyAlone ?? 0)),
    books: { minted: state.minted.toString(), held: held.toString(), balanced: held === state.minted },
    transactions: { count: sources.transactions.count, gas: sources.transactions.gas.toString() },
    seconds,
    secondsPerRound: seconds.train + seconds.order + seconds.deliver + seconds.evaluate,
    troubles: rounds
      .filter(({ missing, skipped }) => missing.length > 0 || skipped)
      .map(({ round, party, missing, skipped }) => ({ round, party, missing, skipped })),
  };
}
