/**
 * The ledger contract's interface in ethers' terms, and the decoding of its refusals.
 * @module
 */
import { type EventFragment, type FunctionFragment, Interface, type Result } from 'ethers';
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

// ethers looks fragments up by hashing every signature anew; an audit does so a million times.
const eventsByTopic = new Map<string, EventFragment>();
ledgerInterface.forEachEvent((fragment) => eventsByTopic.set(fragment.topicHash, fragment));
const functionsBySelector = new Map<string, FunctionFragment>();
ledgerInterface.forEachFunction((fragment) => functionsBySelector.set(fragment.selector, fragment));

/** A call of the contract, decoded. */
export interface DecodedCall {
  readonly name: string;
  /** Names of the parameters, in their order. */
  readonly parameters: readonly string[];
  readonly args: Result;
}

/** Decodes the data of a transaction; undefined when it calls no function of a ledger, or is malformed. */
export function decodeCall(data: string): DecodedCall | undefined {
  const fragment = functionsBySelector.get(data.slice(0, 10));
  if (fragment === undefined) return undefined;
  try {
    const args = ledgerInterface.decodeFunctionData(fragment, data);
    return { name: fragment.name, parameters: fragment.inputs.map(({ name }) => name), args };
  } catch {
    return undefined;
  }
}

/** Decodes a log entry; undefined when it is no event of a ledger. @throws when its data are malformed. */
export function decodeLog(log: {
  readonly topics: readonly string[];
  readonly data: string;
}): { readonly name: string; readonly args: Result } | undefined {
  const fragment = eventsByTopic.get(log.topics[0]);
  if (fragment === undefined) return undefined;
  return { name: fragment.name, args: ledgerInterface.decodeEventLog(fragment, log.data, log.topics) };
}

/** Turns revert data into the contract's error; undefined when it is none of the contract's or Solidity's. */
export function decodeRevert(data: string, call: string): RevertError | undefined {
  const error = data.length < 10 ? null : ledgerInterface.parseError(data);
  return error === null ? undefined : new RevertError(error.name, [...error.args], { call });
}

/** Whether an error is the contract's refusal by one of these custom errors. */
export function isRevert(error: unknown, ...names: readonly ErrorName[]): error is RevertError {
  return error instanceof RevertError && names.some((name) => name === error.revert);
}
