/**
 * Errors of the simulation's commands.
 * @module
 */
import { DppdlError, type DppdlErrorOptions } from '../../node/errors.ts';
import { exitCodeOf, exitCodes } from '../../node/failure.ts';

/**
 * `BAD_REQUEST`: what was asked for does not fit together; `RUN_FAILED`: a run of a table ended badly; `CODE_CHANGED`: the
 * code is not that with which the tables were begun.
 */
export type SimulateErrorCode = 'BAD_REQUEST' | 'RUN_FAILED' | 'CODE_CHANGED';

/** The user's to mend. */
export class SimulateError extends DppdlError<SimulateErrorCode> {
  constructor(code: SimulateErrorCode, message: string, options: Omit<DppdlErrorOptions, 'fault'> = {}) {
    super(code, message, { fault: 'self', ...options });
  }
}

/** The exit code of a script that simulates: a wrong request ends like a wrong option. */
export function exitCodeFor(error: unknown): number {
  return error instanceof SimulateError && error.code === 'BAD_REQUEST' ? exitCodes.usage : exitCodeOf(error);
}
