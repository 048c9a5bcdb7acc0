/**
 * The auditor's own books: what the ledger must hold, recomputed from its events by rules written a second time,
 * independently of the contract and of its reference model. Their size grows with the parties, within a round with the
 * square of their number, and with the accounts and peer ids that parties ever had, the accounts voted for and the open
 * claims; it does not grow with rounds and exchanges that are over.
 * @module
 */
import type { DecodedCall } from '../contract.ts';
import type { EventFields } from '../events.ts';
import type { ChainRegistration, Claim, ClaimStatus, Facts } from '../types.ts';
import type { Rule } from './rules.ts';

/** Phases in the words of the SDK. */
export type LedgerPhase = 'forming' | 'benchmark' | 'order' | 'deliver' | 'evaluate' | 'closed';

/** A party's account. */
export interface PartyBooks {
  account: string;
  points: bigint;
  /** Points created by its declarations. */
  minted: bigint;
  examples: number;
  samples: number;
  cap: number;
  registeredAt: number;
}

/** An order of this round that was delivered: what a claim can be about. */
export interface Settled {
  readonly commitment: string;
  readonly price: bigint;
}

/** A claim that has not ended. */
export interface OpenClaim extends Readonly<Pick<Claim, 'complaint' | 'commitment' | 'deposit' | 'bond'>> {
  status: Extract<ClaimStatus, 'filed' | 'answered'>;
  deadline: number;
  votesFor: bigint;
  votesAgainst: bigint;
}

/** Everything the rules need to judge the next event. */
export interface Books {
  facts: Facts | undefined;
  /** Whom the constitution names or, where another account took over, that one: they may join, and invite while they are in good standing. */
  readonly members: Set<string>;
  readonly parties: PartyBooks[];
  readonly ids: Map<string, number>;
  /** Accounts that were parties' until another one took over. */
  readonly former: Set<string>;
  /** Who first registered a peer id. */
  readonly peers: Map<string, number>;
  credible: bigint;
  pending: bigint;
  removed: bigint;
  phase: LedgerPhase;
  round: number;
  deadline: number;
  acted: bigint;
  minted: bigint;
  /** Orders neither delivered nor refunded: entries by provider, by requester. */
  readonly outstanding: Map<number, Map<number, number>>;
  /** Deliveries of this round by requester, by provider. */
  readonly settled: Map<number, Map<number, Settled>>;
  /** Whom each party reported in this phase. */
  readonly reports: Map<number, bigint>;
  /** Who has voted to let an account in, whether or not it has joined since. */
  readonly vouchers: Map<string, bigint>;
  readonly claims: Map<bigint, OpenClaim>;
  /** Claims filed in this round, ended ones included. */
  readonly claimsOfRound: Set<bigint>;
  /** Incrementally kept sums. */
  free: bigint;
  escrow: bigint;
  deposits: bigint;
}

/** Books of a ledger before its first event. */
export function emptyBooks(): Books {
  return {
    facts: undefined,
    members: new Set(),
    parties: [],
    ids: new Map(),
    former: new Set(),
    peers: new Map(),
    credible: 0n,
    pending: 0n,
    removed: 0n,
    phase: 'forming',
    round: 0,
    deadline: 0,
    acted: 0n,
    minted: 0n,
    outstanding: new Map(),
    settled: new Map(),
    reports: new Map(),
    vouchers: new Map(),
    claims: new Map(),
    claimsOfRound: new Set(),
    free: 0n,
    escrow: 0n,
    deposits: 0n,
  };
}

/** Told what moved, for the report. */
export interface Recorder {
  /** The transaction of what follows. @param time - of its block, Unix seconds. */
  at(block: number, time: number, transaction: string): void;
  /** A party registered: for the first time, after it had left, or anew while it was in. */
  registered(party: number, account: string, registration: ChainRegistration, isIn: boolean): void;
  vouched(party: number, account: string): void;
  /** Another account became the party's. */
  succeeded(party: number, former: string, account: string): void;
  minted(party: number, amount: bigint): void;
  ordered(requester: number, amount: bigint): void;
  /** An order was delivered: points went from the requester to the provider. */
  exchanged(requester: number, provider: number, amount: bigint, commitment: string): void;
  refunded(requester: number, amount: bigint): void;
  reported(party: number, lowContributors: bigint): void;
  removed(party: number, reports: number): void;
  resigned(party: number): void;
  claimFiled(event: EventFields<'ClaimFiled'>): void;
  claimAnswered(claim: bigint): void;
  claimEnded(event: EventFields<'ClaimResolved'>, claim: OpenClaim): void;
  phaseStarted(phase: LedgerPhase, round: number): void;
}

/** One transaction while it is judged. */
export interface Judgement {
  readonly books: Books;
  readonly chainId: bigint;
  /** Address of the ledger. */
  readonly contract: string;
  /** The call as it was signed, where the transaction went to the ledger itself. */
  readonly call: DecodedCall | undefined;
  readonly record: Recorder;
  /** Time of the block, Unix seconds. */
  readonly time: number;
  readonly block: number;
  /** Notes a broken rule. */
  violate(rule: Rule, message: string, party?: number): void;
}

/** The facts, once the constitution was seen. */
export function factsOf(books: Books): Facts {
  if (books.facts === undefined) throw new Error('no constitution');
  return books.facts;
}

/** Adds to a party's free points; negative to take. */
export function credit(books: Books, party: number, amount: bigint): void {
  const account = books.parties[party];
  if (account === undefined) return;
  account.points += amount;
  books.free += amount;
}

/** A requester's points in orders neither delivered nor refunded. */
export function escrowOf(books: Books, requester: number): bigint {
  let total = 0n;
  for (const count of books.outstanding.get(requester)?.values() ?? []) total += BigInt(count);
  return total;
}
