/**
 * The report's building blocks in HTML.
 * @module
 */

/** What a cell of a table holds; numbers are set to the right, with their digits grouped. */
export type Cell = string | number | bigint;

/** Text that cannot become markup: names and messages come from the chain. */
export function escapeText(text: Cell): string {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** An integer with its digits grouped. */
export const integer = (value: number | bigint) => value.toLocaleString('en-US').replaceAll(',', '\u202f');

/** A time in UTC, Unix seconds given; what stands beside it says so. */
export const when = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');

/** A hash or an address. */
export const mono = (text: string) => `<code>${escapeText(text)}</code>`;

const shownCell = (cell: Cell) => (typeof cell === 'string' ? escapeText(cell) : integer(cell));

/** Numbers stand to the right; short texts such as times do not break; hashes and addresses are typewritten. */
function classOf(cell: Cell): string {
  if (typeof cell !== 'string') return ' class="n"';
  if (/^0x[0-9a-fA-F]{8,}$/.test(cell)) return ' class="h"';
  return cell.length < 26 ? ' class="s"' : '';
}

/** A table. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = (row: readonly Cell[]) => row.map((cell) => `<td${classOf(cell)}>${shownCell(cell)}</td>`).join('');
  const isNumeric = (column: number) => rows.length > 0 && typeof rows[0][column] !== 'string';
  const heads = head.map((name, column) => `<th${isNumeric(column) ? ' class="n"' : ''}>${escapeText(name)}</th>`);
  return `<div class="wide"><table><thead><tr>${heads.join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table></div>`;
}

/** A list of names and values; a value is markup. */
export function facts(entries: readonly (readonly [string, string])[]): string {
  const lines = entries.map(([name, value]) => `<dt>${escapeText(name)}</dt><dd>${value}</dd>`);
  return `<dl>${lines.join('\n')}</dl>`;
}

/** Content that is shown when asked for, and on paper. */
export const folded = (summary: string, content: string) =>
  `<details><summary>${escapeText(summary)}</summary>${content}</details>`;
