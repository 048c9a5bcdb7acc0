/**
 * What became of changes, kept in a file, so that a run that takes hours can be stopped and goes on where it was.
 * @module
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

/** `same`: compiled, the change is none. */
const verdict = z.enum(['noticed', 'survived', 'same', 'uncompilable']);
/** What became of a change. */
export type Verdict = z.infer<typeof verdict>;

const entry = z.object({ mutant: z.string(), verdict });

/** See {@link openVerdicts}. */
export interface Verdicts {
  /** The verdict of an earlier run; none of what survived, because tests may have been added since. */
  settled(fingerprint: string): Verdict | undefined;
  add(fingerprint: string, verdict: Verdict): void;
}

/** Opens a file of verdicts, one JSON line each, of which the last about a change holds. */
export function openVerdicts(file: string): Verdicts {
  const known = new Map<string, Verdict>();
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  for (const line of lines) {
    const { mutant, verdict } = entry.parse(JSON.parse(line));
    known.set(mutant, verdict);
  }
  mkdirSync(dirname(file), { recursive: true });
  return {
    settled(fingerprint) {
      const found = known.get(fingerprint);
      return found === 'survived' ? undefined : found;
    },
    add(fingerprint, verdict) {
      appendFileSync(file, `${JSON.stringify({ mutant: fingerprint, verdict })}\n`);
    },
  };
}
