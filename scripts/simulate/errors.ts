/**
 * Errors of the simulation's commands.
 * @module
 */
import { DppdlError, type DppdlErrorOptions } from '../../node/errors.ts';

/** `BAD_REQUEST`: what was asked for does not fit together; `RUN_FAILED`: a run of a table ended badly. */
export type SimulateErrorCode = 'BAD_REQUEST' | 'RUN_FAILED';

/** The user's to mend. */
export class SimulateError extends DppdlError<SimulateErrorCode> {
  constructor(code: SimulateErrorCode, message: string, options: Omit<DppdlErrorOptions, 'fault'> = {}) {
    super(code, message, { fault: 'self', ...options });
  }
}
