/**
 * Reads a party's data, whatever their format, as the consortium's inputs.
 * @module
 */
import type { Examples } from '../types.ts';
import { readCsv } from './csv.ts';
import { readIdx } from './idx.ts';
import { readImageFolder } from './imageFolder.ts';
import { readNpy } from './npy.ts';
import type { DataOptions } from './options.ts';
import { type InputFormat, picturesToExamples } from './pictures.ts';

/** A party's data. */
export interface PartyData {
  readonly train: Examples;
  /** Held-out examples, on which only accuracy is shown. */
  readonly test: Examples | undefined;
  /** Rows left out because a value was missing. */
  readonly skipped: number;
}

/**
 * Reads training and test data.
 *
 * @example
 * const { train, test } = await readExamples(config.data, consortium.inputs);
 * @throws DatasetError naming the file and what is wrong with it.
 */
export async function readExamples(options: DataOptions, format: InputFormat): Promise<PartyData> {
  let skipped = 0;
  const both = async <Part>(
    parts: { train: Part; test?: Part | undefined },
    read: (part: Part) => Promise<Examples>,
  ) => ({
    train: await read(parts.train),
    test: parts.test === undefined ? undefined : await read(parts.test),
    skipped,
  });
  switch (options.format) {
    case 'idx':
      return await both(options, async ({ images, labels }) =>
        picturesToExamples(await readIdx(images, labels), format, images),
      );
    case 'csv':
      return await both(options, async (path) => {
        const read = await readCsv(path, options.table, format);
        skipped += read.skipped;
        return read.examples;
      });
    case 'npy':
      return await both(options, (part) => readNpy(part, format));
    case 'images':
      return await both(options, (folder) => readImageFolder(folder, options.classes, format));
  }
}
