/**
 * What can go wrong between this process and the ledger.
 * @module
 */
import { isError } from 'ethers';
import { z } from 'zod';
import { DppdlError, type DppdlErrorOptions } from '../node/errors.ts';

/** Codes of {@link LedgerError}. */
export type LedgerErrorCode =
  /** The JSON-RPC endpoint did not answer, or not with JSON-RPC, until patience ran out. */
  | 'RPC_UNAVAILABLE'
  /** The endpoint answered a request with an error that is not a revert. */
  | 'RPC_REFUSED'
  /** The endpoint serves another chain than the one asked for. */
  | 'WRONG_CHAIN'
  /** There is no ledger contract at the address. */
  | 'NO_CONTRACT'
  /** The contract refused a call; `meta.name` and `meta.args` are its custom error. */
  | 'REVERTED'
  /** A transaction was not included in a block in time. */
  | 'TIMEOUT'
  /** The account cannot pay the network's gas price. */
  | 'NO_FUNDS'
  /** A write was asked of a client without a signer. */
  | 'NO_SIGNER'
  /** Blocks that were final are gone: the endpoint was reset or serves a fork. */
  | 'REWOUND'
  /** A record on the chain does not decode, or was not found where it must be. */
  | 'MALFORMED'
  /** The contracts are not compiled, or compiled from other sources than the SDK was made for. */
  | 'NOT_BUILT';

/** An error between this process and the ledger. Codes that waiting cannot cure have fault `self` or `chain`. */
export class LedgerError extends DppdlError<LedgerErrorCode> {}

/** What an error's `info` holds when an endpoint answered with one. */
const refusalSchema = z.object({ error: z.object({ message: z.string() }) });

/**
 * What an endpoint says why it does not carry out a request, undefined when it did and the contract reverted. ethers
 * takes every error that answers a call for a revert; without revert data it is none unless it says so.
 */
export function refusalIn(error: unknown): string | undefined {
  if (isError(error, 'UNKNOWN_ERROR')) {
    const told = refusalSchema.safeParse(error);
    return told.success ? told.data.error.message : error.shortMessage;
  }
  if (!isError(error, 'CALL_EXCEPTION') || error.data !== null) return undefined;
  const told = refusalSchema.safeParse(error.info);
  if (!told.success) return undefined;
  const { message } = told.data.error;
  return /revert|gas|opcode|exception|stack|jump/i.test(message) ? undefined : message;
}

/** What may be over at the next look: an endpoint that restarts, is behind, or does not include a transaction. */
export function passingTrouble(error: unknown): LedgerError | undefined {
  if (error instanceof LedgerError) {
    return ['RPC_UNAVAILABLE', 'RPC_REFUSED', 'TIMEOUT'].includes(error.code) ? error : undefined;
  }
  const why = refusalIn(error);
  if (why === undefined) return undefined;
  const message = `The endpoint refused a request (${why})`;
  return new LedgerError('RPC_REFUSED', message, { fault: 'chain', cause: error });
}

/** What to do about refusals that a person can cure. */
const actions: Readonly<Record<string, string>> = {
  PartiesNotInvited:
    'Ask a member for an invitation (`dppdl invite`) and name its file in ledger.invitation, or ask the others to vouch for this account.',
  PartiesAlreadyRegistered:
    'Use the dataFolder with which this account joined; if it is lost, take the account out with `dppdl leave` and start again.',
  PartiesFull: 'The ledger has as many parties as it was deployed for; ask the consortium for a new one.',
  PartiesPeerIdTaken:
    "Another party registered this node's peer id. Two nodes may not share a node secret; make a new one with `dppdl keys`.",
  InvitationExpired: 'Ask a member for a new invitation.',
  InvitationInvalidSigner:
    'The invitation is for another account or ledger, or its signer may not invite; ask a member for one for this account.',
  SuccessionExpired: 'Have the former account sign again.',
  SuccessionInvalidSigner: 'The signature is for another account or ledger, or its signer is no party’s account.',
  ConstitutionInvalidMember: 'Name each account once.',
  ConstitutionTooManyMembers: 'Name some of them; they can invite the others.',
};

/** Refusals that operators meet, as sentences. */
const sentences: Readonly<Record<string, (args: readonly string[]) => string>> = {
  PartiesNotInvited: ([account, votes, needed]) =>
    `Account ${account} may not join: it holds no invitation, and ${votes} of the ${needed} parties needed vouch for it`,
  PartiesAlreadyRegistered: ([account]) =>
    `Account ${account} has joined already, with other samples, or was voted out`,
  PartiesFull: ([most]) => `The ledger has all ${most} parties it may have`,
  PartiesPeerIdTaken: ([party]) => `Party ${party} registered this node's peer id`,
  InvitationExpired: ([expires]) => `The invitation expired at ${new Date(Number(expires) * 1000).toISOString()}`,
  InvitationInvalidSigner: () => 'The invitation was not signed for this account and ledger by a party that may invite',
};

/** A contract's refusal: its custom error by name with the offending values. */
export class RevertError extends LedgerError {
  /** Name of the contract's custom error, `Error` for a reason string, `Panic`, or `unknown`. */
  readonly revert: string;
  /** Arguments of the custom error, integers as bigint. */
  readonly args: readonly unknown[];

  constructor(revert: string, args: readonly unknown[], options: { call?: string; cause?: unknown } = {}) {
    const shown = args.map((arg) => String(arg));
    const during = options.call === undefined ? '' : ` ${options.call}`;
    const rest: Partial<DppdlErrorOptions> = options.cause === undefined ? {} : { cause: options.cause };
    super(
      'REVERTED',
      (shown.length > 0 ? sentences[revert]?.(shown) : undefined) ??
        `The ledger refused${during}: ${revert}(${shown.join(', ')})`,
      {
        fault: 'chain',
        ...(actions[revert] === undefined ? {} : { action: actions[revert] }),
        meta: { name: revert, args: shown, ...(options.call === undefined ? {} : { call: options.call }) },
        ...rest,
      },
    );
    this.revert = revert;
    this.args = args;
  }
}
