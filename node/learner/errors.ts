/**
 * Errors of training and prediction.
 * @module
 */
import { DppdlError } from '../errors.ts';

/** What can go wrong with a model. */
export type LearnerErrorCode =
  /** Parameters or inputs do not have the size the model needs, or a label is not a class. */
  | 'SHAPE_MISMATCH'
  /** Training diverged: outputs or parameters are no longer finite. `meta.step` counts steps from 1. */
  | 'NOT_FINITE'
  /** The model cannot be built from its description, or not for these inputs. */
  | 'INVALID_MODEL'
  /** An option is out of its range. */
  | 'INVALID_OPTION'
  /** The compiled kernels are missing. */
  | 'KERNELS_MISSING'
  /** The relaxed kernels give wrong results on this host. */
  | 'KERNELS_WRONG'
  /** The batch needs more memory than there is (at most 4 GB). */
  | 'OUT_OF_MEMORY'
  /** A file does not hold a model, or not all of it. */
  | 'BAD_FILE'
  /** A training thread ended before its work did. */
  | 'WORKER_FAILED';

/** An error of the learner; always this node's own fault. */
export class LearnerError extends DppdlError<LearnerErrorCode> {}
