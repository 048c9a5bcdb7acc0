/**
 * The checks of command line arguments that commands share.
 * @module
 */

import { InvalidArgumentError } from 'commander';
import { getAddress } from 'ethers';

/** Reads an integer argument in a range. */
export function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be an integer from ${least} to ${most}.`);
  };
}

/** Reads an account's or contract's address. */
export function address(text: string): string {
  try {
    return getAddress(text);
  } catch {
    throw new InvalidArgumentError(
      'It must be an address: 0x and 40 hexadecimal digits, with the right checksum if mixed.',
    );
  }
}

/** Reads one more address of a list. */
export function addresses(text: string, before: readonly string[] = []): string[] {
  return [...before, address(text)];
}

/** Reads an http(s) address. */
export function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('It must be an address such as http://127.0.0.1:8545.');
}
