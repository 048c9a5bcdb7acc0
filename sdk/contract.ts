/**
 * The ledger contract's interface in ethers' terms, and the decoding of its refusals.
 * @module
 */
import { Interface } from 'ethers';
import { abi } from './abi.ts';
import { RevertError } from './errors.ts';

type Entry = (typeof abi)[number];
/** Names of the contract's functions. */
export type FunctionName = Extract<Entry, { type: 'function' }>['name'];
/** Names of the contract's events. */
export type EventName = Extract<Entry, { type: 'event' }>['name'];
/** Names of the contract's custom errors. */
export type ErrorName = Extract<Entry, { type: 'error' }>['name'];

/** Encodes calls and decodes results, events and errors of the ledger. */
export const ledgerInterface = new Interface(abi);

/** Turns revert data into the contract's error; undefined when it is none of the contract's or Solidity's. */
export function decodeRevert(data: string, call: string): RevertError | undefined {
  const error = data.length < 10 ? null : ledgerInterface.parseError(data);
  return error === null ? undefined : new RevertError(error.name, [...error.args], { call });
}

/** Whether an error is the contract's refusal by one of these custom errors. */
export function isRevert(error: unknown, ...names: readonly ErrorName[]): error is RevertError {
  return error instanceof RevertError && names.some((name) => name === error.revert);
}
