/**
 * What can be wrong with a data file. Every message names the file and every action says what to do with it.
 * @module
 */
import { DppdlError, type DppdlErrorOptions } from '../errors.ts';

/** Codes of {@link DatasetError}. */
export type DatasetErrorCode =
  | 'NOT_FOUND'
  | 'NOT_READABLE'
  | 'BAD_HEADER'
  | 'TRUNCATED'
  | 'SHAPE_MISMATCH'
  | 'COUNT_MISMATCH'
  | 'LABEL_OUT_OF_RANGE'
  | 'BAD_VALUE'
  | 'BAD_COLUMN'
  | 'EMPTY'
  | 'ALREADY_EXISTS'
  | 'BAD_PARTITION';

/** Data that cannot be used as they are; always this party's own fault. */
export class DatasetError extends DppdlError<DatasetErrorCode> {
  constructor(code: DatasetErrorCode, message: string, options: Omit<DppdlErrorOptions, 'fault'>) {
    super(code, message, { fault: 'self', ...options });
  }
}
