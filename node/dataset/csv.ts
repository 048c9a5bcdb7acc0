/**
 * Reads tables of text: declared columns become numbers, numeric ones in [0, 1], categorical ones one-hot.
 * @module
 */
import { CsvError, parse } from 'csv-parse/sync';
import type { Examples } from '../types.ts';
import { DatasetError } from './errors.ts';
import { readDataFile } from './file.ts';
import type { TableOptions } from './options.ts';
import type { InputFormat } from './pictures.ts';

type Column = TableOptions['columns'][number];

/** A line of the file and its fields. */
interface Row {
  readonly line: number;
  readonly fields: readonly string[];
}

function splitRows(path: string, text: Buffer, { delimiter }: TableOptions): Row[] {
  try {
    // The parser's types do not know what `info: true` changes in its result.
    const rows = parse(text, {
      delimiter,
      bom: true,
      trim: true,
      skip_empty_lines: true,
      info: true,
    }) as unknown as { record: string[]; info: { lines: number } }[];
    return rows.map(({ record, info }) => ({ line: info.lines, fields: record }));
  } catch (cause) {
    const detail = cause instanceof CsvError ? cause.message : 'it is not CSV';
    throw new DatasetError('BAD_HEADER', `${path} cannot be read as a table: ${detail}.`, {
      action: 'Correct this line, or data.table.delimiter if every line is concerned.',
      meta: { path },
      cause,
    });
  }
}

/** Position of a column given by name or position. */
function positionOf(path: string, column: string | number, header: Row | undefined, width: number): number {
  const position = typeof column === 'number' ? column : (header?.fields.indexOf(column) ?? -1);
  if (position >= 0 && position < width) return position;
  throw new DatasetError(
    'BAD_COLUMN',
    typeof column === 'number'
      ? `${path} has no column ${column}; its columns are 0 to ${width - 1}.`
      : header
        ? `${path} has no column "${column}"; its header names ${header.fields.join(', ')}.`
        : `${path} has no header line, so column "${column}" cannot be found by name.`,
    { action: 'Correct the column in data.table.', meta: { path, column } },
  );
}

/** How many numbers a column becomes. */
const widthOf = (column: Column): number => (column.kind === 'numeric' ? 1 : column.values.length);

/**
 * Writes one field, in [0, 1], at `to`. A missing one (`undefined`) becomes the middle of a numeric range, or no category.
 * @throws {@link DatasetError} `BAD_VALUE`.
 */
function encode(field: string | undefined, column: Column, inputs: Float32Array, to: number, where: string): void {
  const refuse = (expected: string) =>
    new DatasetError('BAD_VALUE', `${where} is "${field}", but column ${column.column} takes ${expected}.`, {
      action: 'Correct the data, or the column’s description together with the whole consortium.',
      meta: { where, column: column.column },
    });
  if (column.kind === 'categorical') {
    if (field === undefined) return;
    const category = column.values.indexOf(field);
    if (category < 0) throw refuse(`one of ${column.values.slice(0, 20).join(', ')}`);
    inputs[to + category] = 1;
    return;
  }
  const { min, max, outside } = column;
  if (field === undefined) {
    inputs[to] = 0.5;
    return;
  }
  const value = field === '' ? Number.NaN : Number(field);
  if (!Number.isFinite(value)) throw refuse(`a number from ${min} to ${max}`);
  if (outside === 'refuse' && (value < min || value > max)) throw refuse(`numbers from ${min} to ${max}`);
  inputs[to] = (Math.min(Math.max(value, min), max) - min) / (max - min);
}

/**
 * Reads a table.
 * @param labelled - whether the label's column is read; else it may be missing, and all labels are 0.
 * @returns the examples, normalised with the consortium's mean and standard deviation, and how many rows were left out
 *   because a value was missing.
 * @throws {@link DatasetError} `NOT_FOUND`, `NOT_READABLE`, `TRUNCATED`, `BAD_HEADER`, `BAD_COLUMN`, `BAD_VALUE`,
 *   `LABEL_OUT_OF_RANGE`, `SHAPE_MISMATCH`, `EMPTY`.
 */
export async function readCsv(
  path: string,
  table: TableOptions,
  format: InputFormat,
  { labelled = true } = {},
): Promise<{ examples: Examples; skipped: number }> {
  const features = table.columns.reduce((sum, column) => sum + widthOf(column), 0);
  const expected = format.shape.reduce((product, side) => product * side, 1);
  if (features !== expected) {
    throw new DatasetError(
      'SHAPE_MISMATCH',
      `The columns described for ${path} become ${features} numbers, but the consortium’s inputs have ${expected}.`,
      {
        action: 'Describe the columns as the consortium agreed: one number for a numeric column, one per category.',
        meta: { path, features, expected },
      },
    );
  }
  if (table.label.values.length > format.classes) {
    throw new DatasetError(
      'LABEL_OUT_OF_RANGE',
      `data.table.label names ${table.label.values.length} classes for ${path}, but the consortium has ${format.classes}.`,
      { action: 'List the consortium’s classes in their order.', meta: { path, classes: format.classes } },
    );
  }

  const rows = splitRows(path, await readDataFile(path), table);
  const header = table.header ? rows.shift() : undefined;
  if (rows.length === 0) {
    throw new DatasetError('EMPTY', `${path} holds no rows.`, { action: 'Give a file with data.', meta: { path } });
  }
  const width = rows[0].fields.length;
  const columns = table.columns.map((column) => ({ column, at: positionOf(path, column.column, header, width) }));
  const labelAt = labelled ? positionOf(path, table.label.column, header, width) : -1;
  const classOf = new Map(
    table.label.values.flatMap((texts, label) => [texts].flat().map((text) => [text, label] as const)),
  );
  const isMissing = (field: string) => table.missing.tokens.includes(field);

  const inputs = new Float32Array(rows.length * features);
  const labels = new Uint8Array(rows.length);
  let kept = 0;
  for (const { line, fields } of rows) {
    const gap = columns.find(({ at }) => isMissing(fields[at]));
    if (gap && table.missing.action === 'skip') continue;
    if (gap && table.missing.action === 'refuse') {
      throw new DatasetError('BAD_VALUE', `${path}:${line} has no value in column ${gap.column.column}.`, {
        action: 'Complete the data, or set data.table.missing.action to skip or fill.',
        meta: { path, line },
      });
    }
    const label = labelled ? classOf.get(fields[labelAt]) : 0;
    if (label === undefined) {
      throw new DatasetError(
        'LABEL_OUT_OF_RANGE',
        `${path}:${line} has the label "${fields[labelAt]}", which is no class.`,
        {
          action: 'Correct the data, or list this label in data.table.label.values.',
          meta: { path, line },
        },
      );
    }
    let to = kept * features;
    for (const { column, at } of columns) {
      encode(isMissing(fields[at]) ? undefined : fields[at], column, inputs, to, `${path}:${line}`);
      to += widthOf(column);
    }
    labels[kept++] = label;
  }
  if (kept === 0) {
    throw new DatasetError('EMPTY', `Every row of ${path} misses a value.`, {
      action: 'Set data.table.missing.action to fill, or leave the empty columns out.',
      meta: { path },
    });
  }
  for (let index = 0; index < kept * features; index++) inputs[index] = (inputs[index] - format.mean) / format.stdDev;
  return {
    examples: {
      inputs: inputs.slice(0, kept * features),
      labels: labels.slice(0, kept),
      shape: format.shape,
      classes: format.classes,
    },
    skipped: rows.length - kept,
  };
}
