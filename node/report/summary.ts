/**
 * What a run came to, from what its nodes said and what the ledger holds: did everyone get better than alone, was it
 * fair, do the books balance, what privacy was spent.
 * @module
 */
import type { ClaimEvent, LedgerState, NodeEvent, RoundEvent } from '../algorithm/ports.ts';
import type { ClaimStatus, PartyId, PrivacyStatement } from '../types.ts';
import { fairness } from './fairness.ts';

/** One party's part of a run. */
export interface PartySummary {
  readonly id: PartyId;
  /** What people call it; `party <id>` where nobody gave a name. */
  readonly name: string;
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
  /** Bytes on the wire since the node's last start. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly rounds: readonly RoundEvent[];
  readonly warnings: number;
}

/** Equation 3, and the same with the accuracies reached without exchange as the control. */
export interface FairnessSummary {
  readonly r: number | null;
  readonly control: number | null;
}

/** What the ledger's transactions cost. */
export interface TransactionTotals {
  readonly count: number;
  readonly gas: string;
  /** By the contract's function; `deploy` for its creation. */
  readonly byAction: readonly { readonly action: string; readonly count: number; readonly gas: string }[];
}

/** What an audit of the whole ledger, from the chain alone, found. */
export interface AuditSummary {
  readonly inOrder: boolean;
  readonly events: number;
  /** Rules that were broken, with how often. */
  readonly violations: Readonly<Record<string, number>>;
}

/** A run. */
export interface RunSummary {
  readonly name: string;
  /** Rounds that at least one party finished. */
  readonly rounds: number;
  readonly parameterCount: number;
  readonly contract: string;
  readonly parties: readonly PartySummary[];
  /** Fairness with λ as the contribution. */
  readonly fairness: FairnessSummary;
  /** Fairness with |D_i| as the contribution. */
  readonly fairnessOfExamples: FairnessSummary;
  /** Whether every registered party that could be measured is better with the others; false if none could. */
  readonly everyoneBetter: boolean;
  readonly books: { readonly minted: string; readonly held: string; readonly balanced: boolean };
  readonly audit: AuditSummary | null;
  readonly transactions: TransactionTotals;
  /** Wall seconds of each step before the rounds and of the rounds together, in order. */
  readonly steps: readonly { readonly step: string; readonly seconds: number }[];
  /** Mean wall seconds of one round, by step. */
  readonly seconds: RoundEvent['seconds'];
  /** Mean seconds of one whole round. */
  readonly secondsPerRound: number;
  /** Rounds in which somebody was missing, a sum was left out or a party had nothing to order with. */
  readonly troubles: readonly {
    readonly round: number;
    readonly party: PartyId;
    readonly missing: readonly PartyId[];
    readonly ordered: number;
    readonly skipped: boolean;
  }[];
  /** Claims about deliveries, by round, each with the last that was seen of it. */
  readonly claims: readonly (Pick<ClaimEvent, 'round' | 'requester' | 'provider' | 'complaint'> & {
    readonly status: ClaimStatus;
  })[];
  /** Parties voted out, by round. */
  readonly removals: readonly { readonly round: number; readonly party: PartyId }[];
  /** Nodes that did not end well, each with how. */
  readonly failures: readonly { readonly name: string; readonly ended: string }[];
}

/** What {@link summarise} starts from. */
export interface SummarySources {
  readonly name: string;
  readonly parameterCount: number;
  readonly contract: string;
  /** What each node said, node by node, in order. */
  readonly events: readonly (readonly NodeEvent[])[];
  /** What people call the nodes, in the same order. */
  readonly names?: readonly string[];
  /** The ledger at the end. */
  readonly state: LedgerState;
  readonly transactions: {
    readonly count: number;
    readonly gas: bigint;
    readonly byAction?: TransactionTotals['byAction'];
  };
  readonly audit?: AuditSummary;
  readonly steps?: RunSummary['steps'];
  readonly failures?: RunSummary['failures'];
}

type EventOf<Type extends NodeEvent['type']> = Extract<NodeEvent, { type: Type }>;

function ofType<Type extends NodeEvent['type']>(events: readonly NodeEvent[], type: Type): EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type);
}

const mean = (values: readonly number[]) =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** One row for each registered party. */
function partiesOf({ state, events, names }: SummarySources): PartySummary[] {
  const nodes = events.map((said, index) => ({ said, name: names?.[index] }));
  const nodeOf = new Map(nodes.map((node) => [ofType(node.said, 'registered').at(-1)?.party, node]));
  const lastRow = state.parties.map(({ id }) => ofType(nodeOf.get(id)?.said ?? [], 'round').at(-1)?.credibility);
  return state.parties.map((party): PartySummary => {
    const { said = [], name } = nodeOf.get(party.id) ?? {};
    const rounds = ofType(said, 'round');
    const last = rounds.at(-1);
    const given = lastRow.flatMap((row, giver) => (giver === party.id || !row ? [] : [row[party.id] ?? 0]));
    return {
      id: party.id,
      name: name ?? `party ${party.id}`,
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
}

/** Sums a run up. Nodes that never registered have no row. */
export function summarise(sources: SummarySources): RunSummary {
  const { state, events, transactions } = sources;
  const parties = partiesOf(sources);
  const measured = parties.flatMap((party) =>
    party.accuracy === null || party.accuracyAlone === null
      ? []
      : [{ party, together: party.accuracy, alone: party.accuracyAlone }],
  );
  const fairnessOf = (contribution: (party: PartySummary) => number): FairnessSummary => {
    const contributions = measured.map(({ party }) => contribution(party));
    const accuracies = measured.map(({ together }) => together);
    const control = measured.map(({ alone }) => alone);
    return { r: fairness(contributions, accuracies), control: fairness(contributions, control) };
  };
  const held = state.parties.reduce((sum, { points, escrow }) => sum + points + escrow, state.deposits);
  const rounds = parties.flatMap((party) => party.rounds);
  const secondsOf = (step: keyof RoundEvent['seconds']) => mean(rounds.map(({ seconds }) => seconds[step]));
  const seconds = {
    train: secondsOf('train'),
    order: secondsOf('order'),
    deliver: secondsOf('deliver'),
    evaluate: secondsOf('evaluate'),
  };
  return {
    name: sources.name,
    rounds: Math.max(0, ...rounds.map(({ round }) => round)),
    parameterCount: sources.parameterCount,
    contract: sources.contract,
    parties,
    fairness: fairnessOf(({ sharingLevel }) => sharingLevel),
    fairnessOfExamples: fairnessOf(({ examples }) => examples),
    everyoneBetter: measured.length > 0 && measured.every(({ together, alone }) => together > alone),
    books: { minted: state.minted.toString(), held: held.toString(), balanced: held === state.minted },
    audit: sources.audit ?? null,
    transactions: {
      count: transactions.count,
      gas: transactions.gas.toString(),
      byAction: transactions.byAction ?? [],
    },
    steps: sources.steps ?? [],
    seconds,
    secondsPerRound: seconds.train + seconds.order + seconds.deliver + seconds.evaluate,
    troubles: rounds
      .filter(({ missing, skipped }) => missing.length > 0 || skipped)
      .map(({ round, party, missing, ordered, skipped }) => ({ round, party, missing, ordered, skipped }))
      .sort((a, b) => a.round - b.round || a.party - b.party),
    claims: claimsOf(events),
    removals: removalsOf(events),
    failures: sources.failures ?? [],
  };
}

/** Order of a claim's steps that are on the ledger. */
const claimSteps: readonly ClaimStatus[] = ['filed', 'answered', 'undecided', 'rejected', 'upheld'];

/** Every claim once, at the latest step that any node saw. */
function claimsOf(events: SummarySources['events']): RunSummary['claims'] {
  const claims = new Map<string, RunSummary['claims'][number]>();
  for (const { round, requester, provider, complaint, step } of events.flatMap((said) => ofType(said, 'claim'))) {
    if (step === 'votedFor' || step === 'votedAgainst') continue;
    const place = `${round}/${requester}/${provider}`;
    const before = claims.get(place);
    if (before !== undefined && claimSteps.indexOf(before.status) >= claimSteps.indexOf(step)) continue;
    claims.set(place, { round, requester, provider, complaint, status: step });
  }
  return [...claims.values()].sort((a, b) => a.round - b.round || a.requester - b.requester || a.provider - b.provider);
}

/** Every party voted out, once, however many nodes said so. */
function removalsOf(events: SummarySources['events']): RunSummary['removals'] {
  const seen = new Map<PartyId, number>();
  for (const { party, round } of events.flatMap((said) => ofType(said, 'removed'))) {
    seen.set(party, Math.min(round, seen.get(party) ?? round));
  }
  return [...seen].map(([party, round]) => ({ round, party })).sort((a, b) => a.round - b.round || a.party - b.party);
}
