/**
 * What can go wrong with the demo itself.
 * @module
 */
import { DppdlError, type DppdlErrorOptions } from '../../node/errors.ts';

/** Codes of {@link DemoError}. */
export type DemoErrorCode = 'FOLDER_NOT_OURS' | 'FOLDER_IN_USE' | 'CHAIN_FAILED' | 'NODE_FAILED' | 'TOO_FEW_EXAMPLES';

/** The demo cannot start or go on. */
export class DemoError extends DppdlError<DemoErrorCode> {
  constructor(code: DemoErrorCode, message: string, options: Omit<DppdlErrorOptions, 'fault'>) {
    super(code, message, { fault: 'self', ...options });
  }
}
