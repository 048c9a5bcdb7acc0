/**
 * New data without labels: read as the training data are, only without their labels.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readCsv } from '../../node/dataset/csv.ts';
import { tableSchema } from '../../node/dataset/options.ts';
import { readInputs } from '../../node/dataset/readInputs.ts';

const format = { shape: [3], classes: 2, mean: 0.5, stdDev: 0.25 };
const table = tableSchema.parse({
  columns: [
    { column: 'age', kind: 'numeric', min: 0, max: 100 },
    { column: 'ward', kind: 'categorical', values: ['A', 'B'] },
  ],
  label: { column: 'outcome', values: ['well', 'ill'] },
});

describe('readInputs', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-inputs-'));
  });
  after(() => rm(folder, { recursive: true }));
  const file = async (text: string) => {
    const path = join(folder, 'new.csv');
    await writeFile(path, text);
    return path;
  };

  it('reads a table with and without the label’s column to the same inputs', async () => {
    const labelled = await file('age,ward,outcome\n50,A,ill\n100,B,well\n');
    const { examples } = await readCsv(labelled, table, format);
    assert.deepEqual(await readInputs(labelled, format, table), examples.inputs);
    const bare = await file('ward,age\nA,50\nB,100\n');
    assert.deepEqual(await readInputs(bare, format, table), examples.inputs);
    assert.deepEqual(examples.inputs, Float32Array.of(0, 2, -2, 2, -2, 2));
  });

  it('refuses a row it would have to leave out', async () => {
    const path = await file('age,ward\n50,A\n,B\n');
    const skipping = { ...table, missing: { ...table.missing, action: 'skip' } } as const;
    await assert.rejects(readInputs(path, format, skipping), { code: 'BAD_VALUE' });
    const filling = { ...table, missing: { ...table.missing, action: 'fill' } } as const;
    assert.equal((await readInputs(path, format, filling)).length, 6);
  });

  it('refuses what is neither array, table nor IDX', async () => {
    const path = await file('age,ward\n50,A\n');
    await assert.rejects(readInputs(path, format, undefined), { code: 'BAD_HEADER' });
  });
});
