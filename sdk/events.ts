/**
 * The ledger's events, decoded and typed. They carry everything: all state can be rebuilt from them.
 * @module
 */
import type { Log } from 'ethers';
import { z } from 'zod';
import { decodeLog, type EventName, ledgerInterface } from './contract.ts';
import { LedgerError } from './errors.ts';
import { claimStatus, complaint, facts, number, phase, registration } from './types.ts';

const bigint = z.bigint();
const hex = z.string();
const fields = {
  Constituted: z.object({ facts, members: z.array(z.string()) }),
  Registered: z.object({ party: number, account: z.string(), registration }),
  Vouched: z.object({ party: number, account: z.string() }),
  TakenOver: z.object({ party: number, former: z.string(), account: z.string() }),
  Initialised: z.object({ party: number, round: number, cap: number, minted: bigint }),
  PhaseStarted: z.object({ round: number, phase, deadline: number }),
  Downloaded: z.object({ round: number, requester: number, orders: hex, encryptionKey: hex }),
  Uploaded: z.object({ round: number, provider: number, deliveries: hex, earned: bigint }),
  Refunded: z.object({ round: number, requester: number, amount: bigint }),
  Reported: z.object({ round: number, party: number, lowContributors: bigint }),
  Removed: z.object({ round: number, party: number, reports: number }),
  Resigned: z.object({ round: number, party: number }),
  ClaimFiled: z.object({
    claim: bigint,
    requester: number,
    provider: number,
    complaint,
    commitment: hex,
    deposit: bigint,
    bond: bigint,
    deadline: number,
  }),
  ClaimAnswered: z.object({ claim: bigint, key: hex, location: z.string(), deadline: number }),
  ClaimVoted: z.object({ claim: bigint, party: number, upheld: z.boolean() }),
  ClaimResolved: z.object({ claim: bigint, outcome: claimStatus, toRequester: bigint, toProvider: bigint }),
} satisfies Record<EventName, z.ZodType>;

/** Where an event stands on the chain. */
export interface Position {
  readonly block: number;
  /** Hash of the transaction that emitted it. */
  readonly transaction: string;
  /** Place of the transaction in its block. */
  readonly transactionIndex: number;
  /** Place among all events of the block. */
  readonly index: number;
}

/** The fields of one kind of event. */
export type EventFields<Name extends EventName> = Readonly<z.infer<(typeof fields)[Name]>>;
/** An event of the ledger: its name, fields and position. */
export type LedgerEvent = { [Name in EventName]: { readonly name: Name } & EventFields<Name> & Position }[EventName];

/**
 * Decodes one log entry of the contract.
 * @throws LedgerError `MALFORMED` when it is no event of the ledger.
 */
export function decodeEvent(log: Log): LedgerEvent {
  const malformed = (cause?: unknown) =>
    new LedgerError('MALFORMED', `Entry ${log.index} of block ${log.blockNumber} is no event of a ledger`, {
      fault: 'chain',
      meta: { block: log.blockNumber, index: log.index, transaction: log.transactionHash },
      ...(cause === undefined ? {} : { cause }),
    });
  try {
    const parsed = decodeLog(log);
    if (parsed === undefined) throw malformed();
    const name = nameOf(parsed.name);
    return eventOf(name, fields[name].parse(parsed.args.toObject(true)), {
      block: log.blockNumber,
      transaction: log.transactionHash,
      transactionIndex: log.transactionIndex,
      index: log.index,
    });
  } catch (error) {
    throw error instanceof LedgerError ? error : malformed(error);
  }
}

/** The topic filter of an event with some of its indexed fields given, in their order; null stands for any. */
export function topicsOf(name: EventName, indexed: readonly (bigint | number | string | null)[] = []) {
  return ledgerInterface.encodeFilterTopics(name, [...indexed]);
}

/** `name` comes from our own ABI, whose event names are exactly the schemas' keys. */
const nameOf = (name: string) => name as EventName;

/** The schema of `name` has made `data`; TypeScript cannot follow that through the union. */
function eventOf(name: EventName, data: object, position: Position): LedgerEvent {
  return { name, ...data, ...position } as LedgerEvent;
}
