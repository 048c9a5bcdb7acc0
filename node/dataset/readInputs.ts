/**
 * Reads new data without labels, for a trained model to classify.
 * @module
 */
import type { Examples } from '../types.ts';
import { readCsv } from './csv.ts';
import { readIdxPictures } from './idx.ts';
import { readNpyInputs } from './npy.ts';
import type { TableOptions } from './options.ts';
import { type InputFormat, picturesToExamples } from './pictures.ts';

/**
 * Reads inputs by the file's name: `.npy`, an array; `.csv`, a table (the label's column is not needed); else an IDX file
 * of pictures.
 * @param table - what the columns of a `.csv` file mean.
 * @returns normalised inputs; float32 [N × F].
 * @throws DatasetError naming the file and what is wrong with it.
 */
export async function readInputs(
  path: string,
  format: InputFormat,
  table: TableOptions | undefined,
): Promise<Examples['inputs']> {
  if (path.endsWith('.npy')) return (await readNpyInputs(path, format)).inputs;
  if (path.endsWith('.csv') && table !== undefined) {
    // A row left out would shift all predictions after it.
    const strict = {
      ...table,
      missing: { ...table.missing, action: table.missing.action === 'fill' ? 'fill' : 'refuse' },
    } as const;
    return (await readCsv(path, strict, format, { labelled: false })).examples.inputs;
  }
  return picturesToExamples(await readIdxPictures(path), format, path).inputs;
}
