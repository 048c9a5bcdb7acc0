/**
 * How the program ends when something is wrong: one sentence, what to do, and an exit code that says what kind of
 * trouble it is. The only place where errors become text for people.
 * @module
 */
import { DppdlError } from './errors.ts';

/** The program's exit codes; the table in docs/operating.md says the same. */
export const exitCodes = {
  ok: 0,
  usage: 2,
  data: 3,
  keys: 4,
  chain: 5,
  network: 6,
  privacy: 7,
  storage: 8,
  learner: 9,
  audit: 10,
  membership: 11,
  internal: 70,
} as const;

/** Exit code of each error class. Classes live in folders this module must not load. */
const byClass: Readonly<Record<string, number>> = {
  ConfigError: exitCodes.usage,
  ClockError: exitCodes.usage,
  DatasetError: exitCodes.data,
  KeystoreError: exitCodes.keys,
  LedgerError: exitCodes.chain,
  RevertError: exitCodes.chain,
  ExchangeError: exitCodes.network,
  PrivacyError: exitCodes.privacy,
  StoreError: exitCodes.storage,
  LearnerError: exitCodes.learner,
  SamplesError: exitCodes.learner,
  AuditError: exitCodes.audit,
};

/** Errors that are another kind of trouble than their class. */
const byCode: Readonly<Record<string, number>> = {
  WRONG_CONSORTIUM: exitCodes.usage,
  WRONG_LEDGER: exitCodes.storage,
  // Of an audit that said nothing about the books.
  NO_CONSTITUTION: exitCodes.usage,
  FILE: exitCodes.usage,
  INVALID_PARAMETER: exitCodes.usage,
  REMOVED: exitCodes.membership,
  CLOSED: exitCodes.membership,
};

/** The ledger's refusals, by its own name for them, that are about who may join. */
const byRevert: Readonly<Record<string, number>> = {
  PartiesNotInvited: exitCodes.membership,
  PartiesAlreadyRegistered: exitCodes.membership,
  PartiesFull: exitCodes.membership,
  InvitationExpired: exitCodes.membership,
  InvitationInvalidSigner: exitCodes.membership,
};

const byFault = {
  self: exitCodes.internal,
  peer: exitCodes.network,
  network: exitCodes.network,
  chain: exitCodes.chain,
} as const;

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof DppdlError)) return exitCodes.internal;
  const refusal = error.code === 'REVERTED' ? byRevert[String(error.meta['name'])] : undefined;
  return refusal ?? byCode[error.code] ?? byClass[error.name] ?? byFault[error.fault];
}

const asSentence = (text: string) => (/[.!?…)]$/.test(text) ? text : `${text}.`);

/** How a failure is shown. */
export interface FailureOptions {
  /** One JSON object instead of text. */
  readonly json: boolean;
  /** With the stack and the causes, for those who look for a mistake in the program. */
  readonly debug: boolean;
}

/** The lines to print on standard error, without the last line break. */
export function describeFailure(error: unknown, { json, debug }: FailureOptions): string {
  const exitCode = exitCodeOf(error);
  const known = error instanceof DppdlError;
  const message = known
    ? asSentence(error.message)
    : `An unexpected error: ${asSentence(error instanceof Error ? error.message : String(error))}`;
  const action = known
    ? error.action
    : 'This is a mistake in the program: run again with DPPDL_DEBUG=1 and report what it prints.';
  const code = known ? error.code : 'INTERNAL';
  const stack = debug && error instanceof Error ? describeCauses(error) : undefined;
  if (json) {
    const facts = known ? { fault: error.fault, meta: error.meta } : {};
    return JSON.stringify({ error: { code, message, action, exitCode, ...facts, stack } });
  }
  return [message, ...(action === undefined ? [] : [`→ ${action}`]), ...(stack === undefined ? [] : [stack])].join(
    '\n',
  );
}

function describeCauses(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\nCaused by: ${describeCauses(error.cause)}` : stack;
}
