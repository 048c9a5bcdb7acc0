/**
 * Reads a whole data file, unpacking it when it is gzipped.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { systemCode } from '../systemCode.ts';
import { DatasetError } from './errors.ts';

const unpack = promisify(gunzip);

/** Turns a file system error into one sentence about the file. */
export function fileError(path: string, cause: unknown): DatasetError {
  if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') {
    return new DatasetError('NOT_FOUND', `There is no data file ${path}.`, {
      action: 'Correct the path; in a configuration, relative paths start at its file.',
      meta: { path },
      cause,
    });
  }
  return new DatasetError('NOT_READABLE', `The data file ${path} cannot be read (${systemCode(cause)}).`, {
    action: 'Check that it is a file and that the account running the node may read it.',
    meta: { path },
    cause,
  });
}

/**
 * Reads a file. Gzip is recognised by its first two bytes, whatever the file is called.
 * @throws {@link DatasetError} `NOT_FOUND`, `NOT_READABLE`, `TRUNCATED`.
 */
export async function readDataFile(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  return await unpack(bytes).catch((cause: unknown) => {
    throw new DatasetError('TRUNCATED', `The gzipped file ${path} is cut short or damaged.`, {
      action: 'Fetch or copy the file again and compare its checksum with the source.',
      meta: { path },
      cause,
    });
  });
}
