/**
 * A registration in the form the contract takes.
 * @module
 */
import { type ChainRegistration, generators } from './types.ts';

/** The registration with its words as the contract's numbers. */
export function encodeRegistration(registration: ChainRegistration) {
  return { ...registration, generator: generators.indexOf(registration.generator) };
}
