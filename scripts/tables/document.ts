/**
 * Writes tables as Markdown, JSON and SVG.
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Consortium } from '../../node/consortium.ts';
import { drawChart } from '../../node/report/charts.ts';
import type { RunRecord, Section, Table } from './table.ts';

/** What all tables of a document share. */
export interface Provenance {
  /** The command that writes the document. */
  readonly command: string;
  readonly consortium: Consortium;
  /** SHA-256 of the code, hexadecimal. */
  readonly fingerprint: string;
}

/** The machine this runs on. */
export function machine(): string {
  const [{ model }] = cpus();
  return `${cpus().length} × ${model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${platform()} ${release()}, Node ${process.version}`;
}

/** Writes one table: `<name>.md`, `<name>.json` and its charts. */
export async function writeTable(
  folder: string,
  table: Table,
  section: Section,
  runs: readonly RunRecord[],
  provenance: Provenance,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, { spec }] of Object.entries(section.charts ?? {})) {
    await writeFile(join(folder, `${name}.svg`), await drawChart(spec));
  }
  await writeFile(
    join(folder, `${table.name}.json`),
    `${JSON.stringify(jsonOf(table, section, runs, provenance), null, 1)}\n`,
  );
  await writeFile(join(folder, `${table.name}.md`), markdownOf(table, section, runs, provenance));
}

/** The same for the same code, seeds and data on every machine, but for `machine` and `seconds`. */
function jsonOf(table: Table, section: Section, runs: readonly RunRecord[], provenance: Provenance) {
  return {
    title: table.title,
    command: provenance.command,
    machine: machine(),
    code: provenance.fingerprint,
    consortium: provenance.consortium,
    partitions: [...new Set(runs.map(({ partition: { generator, plan } }) => JSON.stringify({ generator, plan })))].map(
      (text): unknown => JSON.parse(text),
    ),
    seconds: Math.round(runs.reduce((sum, { seconds }) => sum + seconds, 0)),
    rows: section.rows.map(({ values, cells, seeds, command }) => ({ ...cells, ...values, seeds, command })),
  };
}

function markdownOf(
  table: Table,
  { rows, notes, charts = {} }: Section,
  runs: readonly RunRecord[],
  provenance: Provenance,
): string {
  const columns = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))];
  const cell = (value: string | number | undefined) => String(value ?? '').replaceAll('|', '\\|');
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const numbered = rows.map(({ cells, seeds }, index) =>
    line([...columns.map((column) => cell(cells[column])), seedText(seeds), `[${index + 1}]`]),
  );
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  const plans = [...new Set(runs.map(({ partition: { generator, plan } }) => `${plan.kind} (${generator})`))];
  return [
    `# ${table.title}`,
    '',
    `Written by \`${provenance.command}\`. Do not edit.`,
    '',
    line([...columns.map(cell), 'seeds', 'run']),
    line([...columns, '', ''].map(() => '---')),
    ...numbered,
    '',
    ...notes.map((note) => `- ${note}`),
    '',
    ...Object.entries(charts).flatMap(([name, { caption }]) => [`![${caption}](${name}.svg)`, '']),
    '## How each row was run',
    '',
    `${runs.length} runs, ${Math.round(seconds)} CPU seconds in all. Machine: ${machine()}. Partition generators: ${plans.join(', ')}; each is seeded with the run’s seed. Code: \`${provenance.fingerprint.slice(0, 16)}\`.`,
    '',
    ...rows.map(({ command }, index) => `${index + 1}. \`${command}\``),
    '',
  ].join('\n');
}

/** "1–5" or "1, 3". */
function seedText(seeds: readonly number[]): string {
  const isRange = seeds.length > 2 && seeds.every((seed, index) => seed === seeds[0] + index);
  return isRange ? `${seeds[0]}–${seeds.at(-1)}` : seeds.join(', ');
}
