/**
 * Where a ledger comes from: who created it, and whether from the contract of this release.
 * @module
 */
import { keccak256 } from 'ethers';
import { creationCode } from '../deploy.ts';
import { LedgerError } from '../errors.ts';
import type { SignedTransaction } from './transaction.ts';

/** A ledger's beginning. */
export interface Origin {
  /** Account that created it; it has no rights over it. */
  readonly creator: string;
  readonly transaction: string;
  /**
   * Whether the code is that of this release: rules that held so far bind the future only if it is known what the
   * contract can do. `unknown` when another contract created it, or when this copy of the program is not built.
   */
  readonly code: 'this release' | 'another' | 'unknown';
  /** Keccak-256 of the data it was created with, the constitution included. */
  readonly creationHash: string;
}

/** Tells the origin from the transaction of the first event. */
export async function originOf({ hash, from, to, data }: SignedTransaction): Promise<Origin> {
  return { creator: from, transaction: hash, code: await codeOf(to, data), creationHash: keccak256(data) };
}

async function codeOf(to: string | null, data: string): Promise<Origin['code']> {
  if (to !== null) return 'unknown';
  try {
    // What follows the code is the constitution, which the replay holds against the first event.
    return data.startsWith(await creationCode()) ? 'this release' : 'another';
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'NOT_BUILT') return 'unknown';
    throw error;
  }
}
