/**
 * Errors of the onion.
 * @module
 */
import { DppdlError } from '../errors.ts';

/**
 * `AUTH_FAILED`: a blob is not what it should be, without saying how. `GROUP_TOO_SMALL`: too few delivered for a sum
 * to hide each one. `SEED_MISSING`: the sum cannot be opened without a survivor's help. `INVALID_KEY`: a party's X25519
 * key is one with which nothing can be agreed. `IMPLAUSIBLE`: an opened sum is none that honest providers give.
 */
export type OnionErrorCode = 'AUTH_FAILED' | 'GROUP_TOO_SMALL' | 'SEED_MISSING' | 'INVALID_KEY' | 'IMPLAUSIBLE';

/** Thrown by the onion; see {@link OnionErrorCode}. */
export class OnionError extends DppdlError<OnionErrorCode> {}
