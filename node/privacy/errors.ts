/**
 * What can go wrong when privacy is accounted for or spent.
 * @module
 */
import { DppdlError } from '../errors.ts';

/**
 * `INVALID_PARAMETER`: a number outside its range; `OUT_OF_BUDGET`: the release would cost more than this node may
 * still spend; `UNREACHABLE`: no noise gives the wanted guarantee; `CORRUPT_LEDGER`: the budget file is damaged;
 * `UNAVAILABLE`: it cannot be read or written.
 */
export type PrivacyErrorCode = 'INVALID_PARAMETER' | 'OUT_OF_BUDGET' | 'UNREACHABLE' | 'CORRUPT_LEDGER' | 'UNAVAILABLE';

/** An error of privacy accounting; always this node's own. */
export class PrivacyError extends DppdlError<PrivacyErrorCode> {}

/** Throws `INVALID_PARAMETER` with one sentence that names the parameter, unless `valid`. */
export function requireParameter(valid: boolean, name: string, value: number, range: string): void {
  if (valid) return;
  throw new PrivacyError('INVALID_PARAMETER', `${name} must be ${range}, not ${value}.`, {
    fault: 'self',
    meta: { name, value: String(value), range },
  });
}
