/**
 * What can go wrong with what a party keeps on disk.
 * @module
 */
import { DppdlError } from '../errors.ts';

/** Codes of {@link StoreError}; all are this party's own fault. */
export type StoreErrorCode =
  /** Something else was saved for this round already, and may have been sent: saving anew would use keys twice. */
  | 'ALREADY_SAVED'
  /** Another process uses the data folder. */
  | 'LOCKED'
  /** The state file is damaged, or is no state file. */
  | 'CORRUPT'
  /** The state file belongs to another node key. */
  | 'WRONG_SECRET'
  /** The state file is of another ledger. */
  | 'WRONG_LEDGER'
  /** The state file was written by another version of the program. */
  | 'WRONG_VERSION'
  /** The disk is full, the folder cannot be written, or the store is closed. */
  | 'FAILED';

/** An error of the store. */
export class StoreError extends DppdlError<StoreErrorCode> {}

/** The error of a second, different save. */
export function alreadySaved(what: string): StoreError {
  return new StoreError('ALREADY_SAVED', `Another ${what} was saved before and cannot be replaced.`, {
    fault: 'self',
    action: 'Go on with what is saved; never start a data folder over while its round is running.',
    meta: { what },
  });
}
