/**
 * What the report lists line by line besides exchanges: who came, changed and went, and every claim; kept at a bounded
 * size however long the ledger ran.
 * @module
 */
import { sizeOf } from '../bitmap.ts';
import type { EventFields } from '../events.ts';
import type { ClaimStatus, Complaint } from '../types.ts';

/** Where on the chain something was recorded, and in which round of the ledger. */
export interface Place {
  readonly round: number;
  readonly block: number;
  /** Unix seconds. */
  readonly time: number;
  readonly transaction: string;
}

/** Something that happened to a party itself. */
export interface Change extends Place {
  readonly party: number;
  /** What, as half a sentence whose subject is the party. */
  readonly what: string;
}

/** A claim, from its filing to where it stands now. */
export interface ClaimRecord extends Place {
  readonly claim: bigint;
  readonly requester: number;
  readonly provider: number;
  readonly complaint: Complaint;
  /** Points locked: the requester's and the provider's. */
  readonly deposit: bigint;
  readonly bond: bigint;
  status: ClaimStatus;
  votesFor: number;
  votesAgainst: number;
  /** Unix seconds of its end; undefined while it is open. */
  endedAt: number | undefined;
  toRequester: bigint;
  toProvider: bigint;
}

/** Lines of each kind that are kept; further ones are only counted. */
export const MOST_LINES = 5_000;

/** Changes and claims in the order of the chain. */
export interface Chronicle {
  readonly changes: readonly Change[];
  readonly changeCount: number;
  readonly claims: readonly ClaimRecord[];
  readonly claimCount: number;
}

/** Writes the chronicle down. */
export interface Chronicler {
  change(place: Place, party: number, what: string): void;
  claimFiled(place: Place, event: EventFields<'ClaimFiled'>): void;
  claimAnswered(claim: bigint): void;
  /** @param votesFor - a bitmap, as `votesAgainst`. */
  claimEnded(
    place: Place,
    end: EventFields<'ClaimResolved'>,
    votes: { readonly votesFor: bigint; readonly votesAgainst: bigint },
  ): void;
  chronicle(): Chronicle;
}

/** Begins an empty chronicle. */
export function createChronicle(): Chronicler {
  const changes: Change[] = [];
  const claims = new Map<bigint, ClaimRecord>();
  let changeCount = 0;
  let claimCount = 0;
  return {
    change(place, party, what) {
      changeCount++;
      if (changes.length < MOST_LINES) changes.push({ ...place, party, what });
    },
    claimFiled(place, { claim, requester, provider, complaint, deposit, bond }) {
      claimCount++;
      if (claims.size >= MOST_LINES) return;
      const open = { status: 'filed', votesFor: 0, votesAgainst: 0, endedAt: undefined } as const;
      const paid = { toRequester: 0n, toProvider: 0n };
      claims.set(claim, { ...place, claim, requester, provider, complaint, deposit, bond, ...open, ...paid });
    },
    claimAnswered(claim) {
      const record = claims.get(claim);
      if (record !== undefined) record.status = 'answered';
    },
    claimEnded({ time: endedAt }, { claim, outcome: status, toRequester, toProvider }, { votesFor, votesAgainst }) {
      const record = claims.get(claim);
      if (record === undefined) return;
      const votes = { votesFor: sizeOf(votesFor), votesAgainst: sizeOf(votesAgainst) };
      Object.assign(record, { status, ...votes, endedAt, toRequester, toProvider });
    },
    chronicle: () => ({ changes, changeCount, claims: [...claims.values()], claimCount }),
  };
}
