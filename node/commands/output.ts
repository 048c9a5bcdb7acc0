/**
 * What commands have in common in what they print.
 * @module
 */

/** One JSON value on one line of standard output; integers beyond 2⁵³ as text. */
export function printJson(value: unknown): void {
  const text = JSON.stringify(value, (_, entry: unknown) => (typeof entry === 'bigint' ? String(entry) : entry));
  process.stdout.write(`${text}\n`);
}

/** Lines on standard output. */
export function printLines(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** `name: value` lines with the values below one another. */
export function printFacts(facts: Readonly<Record<string, string | number>>): void {
  const width = Math.max(...Object.keys(facts).map((name) => name.length)) + 2;
  printLines(...Object.entries(facts).map(([name, value]) => `${`${name}:`.padEnd(width)}${value}`));
}
