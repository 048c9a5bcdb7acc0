/**
 * What the report says of the books: totals by party, flows between parties, and the rounds, kept at a bounded size
 * however long the ledger ran.
 * @module
 */
import { fromBitmap, sizeOf } from '../bitmap.ts';
import type { Books, Recorder } from './books.ts';

/** A party's whole history in numbers; points as bigint. */
export interface PartySummary {
  readonly party: number;
  readonly account: string;
  /** Unix seconds and round of the first registration. */
  readonly joinedAt: number;
  readonly joinedRound: number;
  /** `removed`, `resigned` or `credible` at the end, and the round since. */
  standing: 'credible' | 'removed' | 'resigned' | 'pending';
  standingRound: number;
  minted: bigint;
  ordered: bigint;
  received: bigint;
  refunded: bigint;
  earned: bigint;
  /** Points won and lost in claims. */
  fines: bigint;
  /** Claims filed by it, and against it. */
  claimsFiled: number;
  claimsAgainst: number;
  /** Rounds in which others reported it, counted once for each reporter. */
  reportsReceived: number;
}

/** One round, or several in a row where the ledger has run for long. */
export interface RoundSummary {
  readonly fromRound: number;
  toRound: number;
  /** Block and time at which it began. */
  readonly block: number;
  readonly time: number;
  ordered: bigint;
  exchanged: bigint;
  refunded: bigint;
  minted: bigint;
  exchanges: number;
  reports: number;
  removed: number[];
  /** Parties in the credible set at its beginning. */
  readonly credible: number;
  /** By party: points at its beginning, and in it ordered, earned and refunded. */
  readonly points: bigint[];
  readonly orderedBy: bigint[];
  readonly earnedBy: bigint[];
  readonly refundedBy: bigint[];
}

/** Everything the report needs besides the violations. */
export interface Summary {
  readonly parties: readonly PartySummary[];
  /** Points that went from requester to provider: [requester][provider]. */
  readonly flows: readonly (readonly bigint[])[];
  readonly rounds: readonly RoundSummary[];
  /** Exchanges settled. */
  readonly exchanges: number;
}

/** A recorder that can be read. */
export interface SummaryRecorder extends Recorder {
  /** Tells where the chain is, before each block. */
  at(block: number, time: number): void;
  summary(): Summary;
}

/** Round summaries kept at most; when there are more, two neighbours become one. */
export const MOST_ROUNDS = 1_024;

const add = (list: bigint[], index: number, amount: bigint) => {
  while (list.length <= index) list.push(0n);
  list[index] += amount;
};

function merge(first: RoundSummary, second: RoundSummary): RoundSummary {
  const sum = (a: readonly bigint[], b: readonly bigint[]) =>
    Array.from({ length: Math.max(a.length, b.length) }, (_, index) => (a[index] ?? 0n) + (b[index] ?? 0n));
  return {
    ...first,
    toRound: second.toRound,
    ordered: first.ordered + second.ordered,
    exchanged: first.exchanged + second.exchanged,
    refunded: first.refunded + second.refunded,
    minted: first.minted + second.minted,
    exchanges: first.exchanges + second.exchanges,
    reports: first.reports + second.reports,
    removed: [...first.removed, ...second.removed],
    orderedBy: sum(first.orderedBy, second.orderedBy),
    earnedBy: sum(first.earnedBy, second.earnedBy),
    refundedBy: sum(first.refundedBy, second.refundedBy),
  };
}

/** Creates the recorder of some books. */
export function createSummary(books: Books): SummaryRecorder {
  const parties: PartySummary[] = [];
  const flows: bigint[][] = [];
  let rounds: RoundSummary[] = [];
  /** Rounds in one summary. */
  let stride = 1;
  let block = 0;
  let time = 0;
  let exchanges = 0;

  const begin = (round: number) => {
    rounds.push({
      fromRound: round,
      toRound: round,
      block,
      time,
      ordered: 0n,
      exchanged: 0n,
      refunded: 0n,
      minted: 0n,
      exchanges: 0,
      reports: 0,
      removed: [],
      credible: sizeOf(books.credible),
      points: books.parties.map(({ points }) => points),
      orderedBy: [],
      earnedBy: [],
      refundedBy: [],
    });
  };
  begin(0);
  const current = () => rounds[rounds.length - 1];

  return {
    at(nextBlock, nextTime) {
      block = nextBlock;
      time = nextTime;
    },
    joined(party, account) {
      parties[party] = {
        party,
        account,
        joinedAt: time,
        joinedRound: books.round,
        standing: 'pending',
        standingRound: books.round,
        minted: 0n,
        ordered: 0n,
        received: 0n,
        refunded: 0n,
        earned: 0n,
        fines: 0n,
        claimsFiled: 0,
        claimsAgainst: 0,
        reportsReceived: 0,
      };
      flows[party] ??= [];
    },
    minted(party, amount) {
      const entry = parties[party];
      if (entry === undefined) return;
      entry.minted += amount;
      if (entry.standing === 'pending' || entry.standing === 'resigned') entry.standing = 'credible';
      current().minted += amount;
    },
    ordered(requester, amount) {
      const entry = parties[requester];
      if (entry !== undefined) entry.ordered += amount;
      current().ordered += amount;
      add(current().orderedBy, requester, amount);
    },
    exchanged(requester, provider, amount) {
      exchanges++;
      const [to, from] = [parties[requester], parties[provider]];
      if (to !== undefined) to.received += amount;
      if (from !== undefined) from.earned += amount;
      flows[requester] ??= [];
      add(flows[requester], provider, amount);
      const round = current();
      round.exchanged += amount;
      round.exchanges++;
      add(round.earnedBy, provider, amount);
    },
    refunded(requester, amount) {
      const entry = parties[requester];
      if (entry !== undefined) entry.refunded += amount;
      current().refunded += amount;
      add(current().refundedBy, requester, amount);
    },
    reported(_, lowContributors) {
      for (const party of fromBitmap(lowContributors)) {
        const entry = parties[party];
        if (entry !== undefined) entry.reportsReceived++;
        current().reports++;
      }
    },
    removed(party) {
      const entry = parties[party];
      if (entry !== undefined) Object.assign(entry, { standing: 'removed', standingRound: books.round });
      current().removed.push(party);
    },
    resigned(party) {
      const entry = parties[party];
      if (entry !== undefined) Object.assign(entry, { standing: 'resigned', standingRound: books.round });
    },
    claimEnded(requester, provider, _, gain) {
      const [claimant, accused] = [parties[requester], parties[provider]];
      if (claimant !== undefined) {
        claimant.claimsFiled++;
        claimant.fines += gain;
      }
      if (accused !== undefined) {
        accused.claimsAgainst++;
        accused.fines -= gain;
      }
    },
    phaseStarted(phase, round) {
      if (phase !== 'order') return;
      const last = current();
      if (last.fromRound > 0 && round - last.fromRound < stride) {
        last.toRound = round;
        return;
      }
      begin(round);
      if (rounds.length <= MOST_ROUNDS) return;
      // Round 0, the benchmark, stays by itself.
      const [first, ...rest] = rounds;
      const merged: RoundSummary[] = [first];
      for (let index = 0; index < rest.length; index += 2) {
        const second = rest[index + 1];
        merged.push(second === undefined ? rest[index] : merge(rest[index], second));
      }
      rounds = merged;
      stride *= 2;
    },
    summary() {
      const size = parties.length;
      const row = (requester: number) =>
        Array.from({ length: size }, (_, provider) => flows[requester]?.[provider] ?? 0n);
      return { parties, flows: Array.from({ length: size }, (_, requester) => row(requester)), rounds, exchanges };
    },
  };
}
