/**
 * Why samples cannot be generated.
 * @module
 */
import { DppdlError } from '../errors.ts';

/**
 * `TOO_FEW_EXAMPLES`: no generator is both private and useful with so few records; `LABELS_MISSING`: a class-conditional
 * generator without usable labels; `SHAPE_MISMATCH`: arrays that do not fit the declared shape; `NOT_FINITE`: inputs or
 * training are not finite; `INVALID_OPTION`: a setting outside its range; `KERNELS_MISSING`: the project is not built.
 */
export type SamplesErrorCode =
  | 'TOO_FEW_EXAMPLES'
  | 'LABELS_MISSING'
  | 'SHAPE_MISMATCH'
  | 'NOT_FINITE'
  | 'INVALID_OPTION'
  | 'KERNELS_MISSING';

/** An error of sample generation; always this node's own. */
export class SamplesError extends DppdlError<SamplesErrorCode> {}
