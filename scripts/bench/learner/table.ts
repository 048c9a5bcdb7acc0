/**
 * Tables in Markdown.
 * @module
 */

/** A number as the tables show it; a dash if there is none. */
export function format(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });
}

/** Prints a row. */
export function row(...cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

/** Prints the head of a table: so many columns of words, then of numbers. */
export function head(words: readonly string[], numbers: readonly string[]): void {
  row(...words, ...numbers);
  row(...words.map(() => '---'), ...numbers.map(() => '--:'));
}

/** The middle one; of an even number the upper. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}
