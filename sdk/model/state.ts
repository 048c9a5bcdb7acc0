/**
 * The reference model of the ledger contract: its state, plainly, and what every rule asks of it. Written for reading,
 * not for speed: sets instead of bitmaps, maps instead of packed slots.
 * @module
 */

import type { PartyId, Phase } from '../../node/types.ts';
import { toBitmap } from '../bitmap.ts';
import type { ErrorName, EventName } from '../contract.ts';
import { RevertError } from '../errors.ts';
import type { EventFields } from '../events.ts';
import { type ChainRegistration, type Claim, type Facts, phases } from '../types.ts';

/** Who calls, and when. */
export interface Call {
  /** Checksummed 0x… address. */
  readonly sender: string;
  /** Unix seconds of the block. */
  readonly time: number;
  /** Number of the block. */
  readonly block: number;
}

/** An event as the contract emits it, without its place on the chain. */
export type ModelEvent = { [Name in EventName]: { readonly name: Name } & EventFields<Name> }[EventName];

/** One party's books. */
export interface ModelParty {
  account: string;
  registration: ChainRegistration;
  registeredAt: number;
  points: bigint;
  minted: bigint;
  /** ⌊λ·|w|⌋, 0 before INIT took effect. */
  cap: number;
  /** In C. */
  credible: boolean;
  /** INIT waits for the next round (or the start). */
  pending: boolean;
  /** Voted out for good. */
  removed: boolean;
}

/** An order of this round: open until it is delivered or refunded. */
export interface ModelOrder {
  readonly requester: PartyId;
  readonly provider: PartyId;
  readonly count: bigint;
  open: boolean;
  /** Set on delivery, 0x… 32 bytes. */
  commitment: string | undefined;
}

/** Everything the contract knows. */
export interface ModelState {
  readonly chainId: bigint;
  readonly contract: string;
  readonly facts: Facts;
  /** Who may join and invite: whom the constitution names or, where another account took over, that one. */
  readonly members: Set<string>;
  readonly parties: ModelParty[];
  /** Accounts that were parties' until another one took over. */
  readonly former: Set<string>;
  /** Whose each peer id is, 0x…; it stays the party's for ever. */
  readonly peers: Map<string, PartyId>;
  phase: Phase;
  round: number;
  deadline: number;
  /** Who has acted in this phase. */
  acted: Set<PartyId>;
  /** This round's orders. */
  orders: ModelOrder[];
  /** This round's UPLOADs as sent, 0x…. */
  uploads: Map<PartyId, string>;
  /** This phase's reports: who named whom. */
  reports: Map<PartyId, readonly PartyId[]>;
  readonly vouchers: Map<string, Set<PartyId>>;
  readonly claims: Map<bigint, Claim>;
  /** Emitted so far by the running call. */
  events: ModelEvent[];
}

/** Ends a call without effect, as the contract does; numbers become bigint, as the contract's are. */
export function refuse(name: ErrorName, ...args: readonly unknown[]): never {
  const codes = args.map((arg) => (typeof arg === 'number' ? BigInt(arg) : arg));
  throw new RevertError(name, codes);
}

/** Refuses a call that does not fit the phase. */
export function refusePhase(state: ModelState): never {
  return refuse('PhaseMismatch', phases.indexOf(state.phase));
}

/** Ids of the credible set, ascending. */
export function credibleSet(state: ModelState): PartyId[] {
  return idsWhere(state, (party) => party.credible);
}

/** Ids of the parties for which `holds`, ascending. */
export function idsWhere(state: ModelState, holds: (party: ModelParty) => boolean): PartyId[] {
  return state.parties.flatMap((party, id) => (holds(party) ? [id] : []));
}

/** Id of an account, or undefined. */
export function idOf(state: ModelState, account: string): PartyId | undefined {
  const id = state.parties.findIndex((party) => party.account === account);
  return id < 0 ? undefined : id;
}

/** The sender's id; refuses strangers. */
export function senderOf(state: ModelState, call: Call): PartyId {
  return idOf(state, call.sender) ?? refuse('PartiesUnknownAccount', call.sender);
}

/** The sender's id; refuses who is outside C. */
export function credibleSenderOf(state: ModelState, call: Call): PartyId {
  const id = senderOf(state, call);
  return state.parties[id].credible ? id : refuse('CredibleSetNotMember', id);
}

/** Points in orders neither delivered nor refunded, of one requester or of all. */
export function escrowOf(state: ModelState, requester?: PartyId): bigint {
  return state.orders
    .filter((order) => order.open && (requester === undefined || order.requester === requester))
    .reduce((sum, order) => sum + order.count, 0n);
}

/** Points at stake in open claims. */
export function depositsOf(state: ModelState): bigint {
  return [...state.claims.values()]
    .filter(({ status }) => status === 'filed' || status === 'answered')
    .reduce((sum, claim) => sum + claim.deposit + claim.bond, 0n);
}

/** The ledger as `state()` of the contract shows it. */
export function summaryOf(state: ModelState) {
  return {
    phase: state.phase,
    round: state.round,
    deadline: state.deadline,
    parties: state.parties.length,
    credible: toBitmap(credibleSet(state)),
    acted: toBitmap(state.acted),
    pending: toBitmap(idsWhere(state, (party) => party.pending)),
    minted: state.parties.reduce((sum, party) => sum + party.minted, 0n),
    escrow: escrowOf(state),
    deposits: depositsOf(state),
  };
}
