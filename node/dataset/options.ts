/**
 * Where a party's data are and how they are laid out: the `data` section of the node's configuration.
 * @module
 */
import { z } from 'zod';

const path = z.string().min(1).describe('a path; relative ones start at the configuration file');
/** A column by its name in the header line, or by its position from 0. */
const column = z.union([z.string().min(1), z.int().min(0)]).describe('a column’s name or its position, counted from 0');

/** Training data, and test data on which only this party's accuracy is shown. */
const parts = <Schema extends z.ZodType>(part: Schema) => ({ train: part, test: part.optional() });

const idx = z.strictObject({
  format: z.literal('idx'),
  ...parts(z.strictObject({ images: path, labels: path })),
});

const numericColumn = z.strictObject({
  column,
  kind: z.literal('numeric'),
  min: z.number().describe('the value that becomes 0'),
  max: z.number().describe('the value that becomes 1'),
  outside: z.enum(['refuse', 'clamp']).default('refuse').describe('what to do with a value outside min … max'),
});
const categoricalColumn = z.strictObject({
  column,
  kind: z.literal('categorical'),
  values: z.array(z.string()).min(1).max(4096).describe('all values, in the order the consortium agreed on'),
});

/** How the text of a CSV row becomes numbers; agreed by the consortium, never measured from a party's own data. */
export const tableSchema = z.strictObject({
  delimiter: z.string().length(1).default(','),
  header: z.boolean().default(true).describe('whether the first line names the columns'),
  columns: z
    .array(z.discriminatedUnion('kind', [numericColumn, categoricalColumn]))
    .min(1)
    .describe('input columns in the order in which they enter the model; others are ignored'),
  label: z.strictObject({
    column,
    values: z
      .array(z.union([z.string(), z.array(z.string()).min(1)]))
      .min(2)
      .max(256)
      .describe('the text of class 0, class 1, …; a list where a class is written in several ways'),
  }),
  missing: z
    .strictObject({
      tokens: z.array(z.string()).default(['', '?', 'NA']),
      action: z
        .enum(['refuse', 'skip', 'fill'])
        .default('refuse')
        .describe('stop, leave the row out, or take the middle of a numeric range and no category'),
    })
    .prefault({}),
});
/** A valid table description. */
export type TableOptions = z.output<typeof tableSchema>;

const csv = z.strictObject({
  format: z.literal('csv'),
  ...parts(path),
  table: tableSchema,
});

const npy = z.strictObject({
  format: z.literal('npy'),
  ...parts(
    z.union([
      z.strictObject({ inputs: path, labels: path }),
      z.strictObject({
        archive: path.describe('an .npz file'),
        inputs: z.string().default('x'),
        labels: z.string().default('y'),
      }),
    ]),
  ),
});

const images = z.strictObject({
  format: z.literal('images'),
  ...parts(path.describe('a folder with one folder of PNG files per class')),
  classes: z
    .array(z.string().min(1))
    .min(2)
    .max(256)
    .describe('the folder of class 0, class 1, …, the same list at every party'),
});

/** The `data` section. */
export const dataSchema = z.discriminatedUnion('format', [idx, csv, npy, images]);
/** A valid `data` section. */
export type DataOptions = z.output<typeof dataSchema>;
/** One part of it: the training or the test data. */
export type DataPart = DataOptions['train'];
