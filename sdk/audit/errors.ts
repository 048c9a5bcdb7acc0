/**
 * Why an audit ends in an error.
 * @module
 */
import { DppdlError } from '../../node/errors.ts';

/** Codes of {@link AuditError}. */
export type AuditErrorCode =
  /** The audit found broken rules; `meta.rules` names them. */
  | 'VIOLATIONS'
  /** The log does not begin with a ledger's constitution: a wrong address, or a first block that is too late. */
  | 'NO_CONSTITUTION'
  /** A folder of blobs, or the file for the result, cannot be used. */
  | 'FILE';

/** An audit that did not end with books in order. */
export class AuditError extends DppdlError<AuditErrorCode> {}
