/**
 * A small mistake in one place of a source, and how to make one.
 * @module
 */
import { createHash } from 'node:crypto';

/** One change. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  /** The line before and after. */
  readonly what: string;
  /** The file's text with the change. */
  readonly source: string;
}

/** The file with `length` characters from `at` on replaced. */
export function mutantAt(file: string, text: string, at: number, length: number, replacement: string): Mutant {
  const line = text.slice(0, at).split('\n').length;
  const source = text.slice(0, at) + replacement + text.slice(at + length);
  const [before, after] = [text, source].map((version) => (version.split('\n')[line - 1] ?? '').trim());
  return { file, line, what: `${before}  →  ${after}`, source };
}

/** The position after the bracket that closes the one at `open`. */
export function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at + 1;
  }
  return text.length;
}

/** Stands for a change of these sources, by name, and of no others. */
export function fingerprint(originals: ReadonlyMap<string, string>, mutant: Mutant): string {
  const hash = createHash('sha256');
  for (const [name, text] of originals) hash.update(`${name}\0${name === mutant.file ? mutant.source : text}\0`);
  return hash.digest('hex');
}

/** Prints changes, one a line. Waits until all are out: a process that ends loses what a pipe has not taken yet. */
export async function printMutants(mutants: readonly Mutant[]): Promise<void> {
  const text = mutants.map(({ file, line, what }) => `${file}:${line}  ${what}\n`).join('');
  await new Promise((resolve) => process.stdout.write(text, resolve));
}
