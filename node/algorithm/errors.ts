/**
 * Errors of the algorithm itself.
 * @module
 */
import { DppdlError } from '../errors.ts';

/**
 * `BAD_SAMPLES`, `BAD_LABELS`, `BAD_BLOB`: a party sent something else than it should. `NOT_READY`: asked too early, ask
 * again. `REFUSED`: asked for something this party must not give. `REMOVED`: this party was voted out.
 * `WRONG_CONSORTIUM`: the ledger was deployed for another consortium file. `WRONG_LEDGER`: what is stored is of another.
 */
export type AlgorithmErrorCode =
  | 'BAD_SAMPLES'
  | 'BAD_LABELS'
  | 'BAD_BLOB'
  | 'NOT_READY'
  | 'REFUSED'
  | 'REMOVED'
  | 'WRONG_CONSORTIUM'
  | 'WRONG_LEDGER';

/** Thrown by the algorithm; see {@link AlgorithmErrorCode}. */
export class AlgorithmError extends DppdlError<AlgorithmErrorCode> {}

/**
 * The code of an error that is another party's or the network's doing, so that the round goes on without that party.
 * @param signal - the call's signal: when it has aborted, the party was too slow.
 * @throws the error itself when it is this party's own.
 */
export function codeOfOthersFault(error: unknown, signal: AbortSignal): string {
  if (error instanceof DppdlError && (error.fault === 'peer' || error.fault === 'network')) return error.code;
  if (signal.aborted) return 'TOO_LATE';
  throw error;
}
