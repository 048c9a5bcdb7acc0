/**
 * Finished runs, one JSON line each, so that an interrupted table goes on where it stopped. A run counts as long as the
 * code and the consortium it came from are the same.
 * @module
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canonicalJson } from '../../node/consortium.ts';
import type { Request } from '../simulate/request.ts';
import type { RunRecord } from './table.ts';

const root = join(import.meta.dirname, '..', '..');
/** What a run's result depends on, and more: a list of what it really imports would be out of date one day. */
const sources = [
  'build/kernels/*.wasm',
  'node/**/*.ts',
  'sdk/**/*.ts',
  'scripts/{demo,simulate}/**/*.ts',
  'package-lock.json',
];

/** SHA-256 over everything a result depends on but the data; hexadecimal. */
export function codeFingerprint(): string {
  const hash = createHash('sha256');
  for (const file of globSync(sources, { cwd: root }).sort()) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** See {@link openCache}. */
export interface Cache {
  find(request: Request): RunRecord | undefined;
  add(record: RunRecord): void;
}

/**
 * Opens the runs kept in a file.
 * @param fingerprint - of the code that runs now; runs of other code are left alone but not found.
 */
export function openCache(file: string, fingerprint: string): Cache {
  mkdirSync(dirname(file), { recursive: true });
  const records = new Map<string, RunRecord>();
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  for (const line of lines) {
    const kept = parseLine(line);
    if (kept?.fingerprint === fingerprint) records.set(canonicalJson(kept.record.request), kept.record);
  }
  return {
    find: (request) => records.get(canonicalJson(request)),
    add(record) {
      records.set(canonicalJson(record.request), record);
      appendFileSync(file, `${JSON.stringify({ fingerprint, record })}\n`);
    },
  };
}

/** A line as it was written; undefined for the half of a line that a crash leaves. */
function parseLine(line: string): { readonly fingerprint: string; readonly record: RunRecord } | undefined {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
