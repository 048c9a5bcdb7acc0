/**
 * Reads who stands behind which account: a CSV file with an account and a name on each line.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { getAddress, isAddress } from 'ethers';
import { systemCode } from '../systemCode.ts';
import { ConfigError } from '../yamlFile.ts';

/**
 * @returns names by checksummed account; a first line without an account is taken for a heading.
 * @throws ConfigError `NOT_READABLE`, `INVALID_VALUE`.
 */
export async function readNames(file: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError('NOT_READABLE', `${file} cannot be read (${systemCode(cause)}).`, {
      action: 'Give a CSV file with an account and a name on each line.',
      meta: { file },
      cause,
    });
  });
  const names = new Map<string, string>();
  for (const [index, [account = '', name = '']] of rowsOf(text, file).entries()) {
    if (isAddress(account) && name !== '') names.set(getAddress(account), name);
    else if (index > 0) throw invalid(file, `line ${index + 1} does not hold an account and a name`);
  }
  return names;
}

function rowsOf(text: string, file: string): string[][] {
  try {
    return parse(text, { bom: true, trim: true, skip_empty_lines: true, relax_column_count: true });
  } catch (cause) {
    throw invalid(file, cause instanceof Error ? cause.message : 'it is no CSV', cause);
  }
}

const invalid = (file: string, why: string, cause?: unknown) =>
  new ConfigError('INVALID_VALUE', `${file} cannot be used: ${why}.`, {
    action: 'Write lines such as 0x…,St Mary’s Hospital; an address in mixed case must have the right checksum.',
    meta: { file },
    ...(cause === undefined ? {} : { cause }),
  });
