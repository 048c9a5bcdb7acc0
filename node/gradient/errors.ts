/**
 * Errors of gradient arithmetic.
 * @module
 */
import { DppdlError } from '../errors.ts';

/** A count outside 0 … D; an entry that is no finite number; parameters outside their range. */
export type GradientErrorCode = 'COUNT_OUT_OF_RANGE' | 'NOT_FINITE' | 'INVALID_FORMAT';

/** Thrown by selection and fixed point; see {@link GradientErrorCode}. */
export class GradientError extends DppdlError<GradientErrorCode> {}
