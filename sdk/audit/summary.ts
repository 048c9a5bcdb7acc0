/**
 * What the report says of the books: totals by party, flows between parties, and the rounds, kept at a bounded size
 * however long the ledger ran.
 * @module
 */
import { fromBitmap, sizeOf } from '../bitmap.ts';
import type { ChainRegistration } from '../types.ts';
import type { Books, Recorder } from './books.ts';
import { type Chronicle, createChronicle, type Place } from './chronicle.ts';

/** A party's whole history in numbers; points as bigint. */
export interface PartySummary {
  readonly party: number;
  /** Its account now; {@link formerAccounts} are those before, the first one first. */
  account: string;
  readonly formerAccounts: string[];
  /** What it declared last about its data, samples and node. */
  declaration: ChainRegistration;
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
  readonly chronicle: Chronicle;
}

/** A recorder that can be read. */
export interface SummaryRecorder extends Recorder {
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

/** What a registration changes of the one before, as half a sentence. */
function changeOf(before: ChainRegistration, after: ChainRegistration): string {
  const keys: readonly (keyof ChainRegistration)[] = ['peerId', 'maskKey', 'encryptionKey'];
  const data: readonly (keyof ChainRegistration)[] = ['examples', 'samples'];
  const published: readonly (keyof ChainRegistration)[] = ['samplesHash', 'generator', 'epsilon', 'delta'];
  const differs = (fields: readonly (keyof ChainRegistration)[]) => fields.some((name) => before[name] !== after[name]);
  const changes = [
    ...(differs(keys) ? ['its keys'] : []),
    ...(before.location === after.location ? [] : [`its address to ${after.location}`]),
    ...(differs(data)
      ? [`its declaration from ${before.samples} of ${before.examples} to ${after.samples} of ${after.examples}`]
      : []),
    ...(differs(published) ? ['its published samples'] : []),
  ];
  return changes.length === 0 ? 'registered anew, with no change' : `changed ${changes.join(', ')}`;
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
  let transaction = '';
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
  const chronicler = createChronicle();
  const place = (): Place => ({ round: books.round, block, time, transaction });
  const note = (party: number, what: string) => chronicler.change(place(), party, what);

  return {
    at(nextBlock, nextTime, nextTransaction) {
      block = nextBlock;
      time = nextTime;
      transaction = nextTransaction;
    },
    registered(party, account, registration, isIn) {
      const known = parties[party];
      if (known !== undefined) {
        note(party, isIn ? changeOf(known.declaration, registration) : 'came back');
        if (!isIn) Object.assign(known, { standing: 'pending', standingRound: books.round });
        known.declaration = registration;
        return;
      }
      note(party, `registered with the account ${account}`);
      parties[party] = {
        party,
        account,
        formerAccounts: [],
        declaration: registration,
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
    vouched: (party, account) => note(party, `voted to let ${account} in`),
    succeeded(party, former, account) {
      note(party, `changed its account from ${former} to ${account}`);
      const entry = parties[party];
      if (entry === undefined) return;
      entry.formerAccounts.push(former);
      entry.account = account;
    },
    minted(party, amount) {
      const entry = parties[party];
      if (entry === undefined) return;
      note(party, `was in from then on with its declaration, which created ${amount} points`);
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
    removed(party, reports) {
      note(party, `was removed, reported by ${reports} parties`);
      const entry = parties[party];
      if (entry !== undefined) Object.assign(entry, { standing: 'removed', standingRound: books.round });
      current().removed.push(party);
    },
    resigned(party) {
      note(party, 'resigned');
      const entry = parties[party];
      if (entry !== undefined) Object.assign(entry, { standing: 'resigned', standingRound: books.round });
    },
    claimFiled(event) {
      chronicler.claimFiled(place(), event);
      const [claimant, accused] = [parties[event.requester], parties[event.provider]];
      if (claimant !== undefined) claimant.claimsFiled++;
      if (accused !== undefined) accused.claimsAgainst++;
    },
    claimAnswered: (claim) => chronicler.claimAnswered(claim),
    claimEnded(event, claim) {
      chronicler.claimEnded(place(), event, claim);
      const [claimant, accused] = [(event.claim >> 8n) & 0xffn, event.claim & 0xffn].map((id) => parties[Number(id)]);
      if (claimant !== undefined) claimant.fines += event.toRequester - claim.deposit;
      if (accused !== undefined) accused.fines += event.toProvider - claim.bond;
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
      const table = Array.from({ length: size }, (_, requester) => row(requester));
      return { parties, flows: table, rounds, exchanges, chronicle: chronicler.chronicle() };
    },
  };
}
