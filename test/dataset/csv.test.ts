/**
 * Tables: declared columns become the agreed numbers, and every wrong line is named.
 * @module
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readCsv } from '../../node/dataset/csv.ts';
import { tableSchema } from '../../node/dataset/options.ts';

const table = tableSchema.parse({
  columns: [
    { column: 'age', kind: 'numeric', min: 0, max: 100 },
    { column: 'smoker', kind: 'categorical', values: ['no', 'yes'] },
    { column: 'dose', kind: 'numeric', min: -1, max: 1, outside: 'clamp' },
  ],
  label: { column: 'ill', values: [['0', 'no.'], '1'] },
});
const format = { shape: [4], classes: 2, mean: 0.5, stdDev: 0.25 };
const good = `id,age,smoker,dose,ill
1, 25 ,no,0,0
2,100,yes,"7",1
3,0,yes,-1,no.
`;

describe('readCsv', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-csv-'));
  });
  after(() => rm(folder, { recursive: true }));
  const write = async (text: string) => {
    const path = join(folder, 'table.csv');
    await writeFile(path, text);
    return path;
  };

  it('scales numbers by their declared range, codes categories one-hot, then normalises', async () => {
    const { examples, skipped } = await readCsv(await write(good), table, format);
    assert.deepEqual([...examples.inputs], [...[-1, 2, -2, 0], ...[2, -2, 2, 2], ...[-2, -2, 2, -2]]);
    assert.deepEqual([...examples.labels], [0, 1, 0]);
    assert.equal(skipped, 0);
  });

  it('reads columns by position, other delimiters, a byte order mark and a missing last line break', async () => {
    const byPosition = tableSchema.parse({
      delimiter: ';',
      header: false,
      columns: [{ column: 1, kind: 'numeric', min: 0, max: 10 }],
      label: { column: 0, values: ['a', 'b'] },
    });
    const { examples } = await readCsv(await write('\ufeffb;5\na;10'), byPosition, {
      shape: [1],
      classes: 2,
      mean: 0,
      stdDev: 1,
    });
    assert.deepEqual([...examples.inputs], [0.5, 1]);
    assert.deepEqual([...examples.labels], [1, 0]);
  });

  it('refuses, skips or fills a missing value, as told', async () => {
    const text = `${good}4,?,no,0,1\n5,50,,0,1\n`;
    const told = (action: 'refuse' | 'skip' | 'fill') => ({ ...table, missing: { ...table.missing, action } });
    await assert.rejects(readCsv(await write(text), told('refuse'), format), {
      code: 'BAD_VALUE',
      meta: { path: join(folder, 'table.csv'), line: 5 },
    });
    const skipping = await readCsv(await write(text), told('skip'), format);
    assert.deepEqual([skipping.examples.labels.length, skipping.skipped], [3, 2]);
    const filling = await readCsv(await write(text), told('fill'), format);
    assert.deepEqual([...filling.examples.inputs.subarray(12)], [0, 2, -2, 0, 0, -2, -2, 0]);
  });

  const troubles: [string, string, string][] = [
    ['a value out of range', 'BAD_VALUE', good.replace('25', '101')],
    ['a number that is none', 'BAD_VALUE', good.replace('25', 'old')],
    ['an unknown category', 'BAD_VALUE', good.replace('yes', 'perhaps')],
    ['an unknown label', 'LABEL_OUT_OF_RANGE', good.replace('no.', '2')],
    ['a row that is too short', 'BAD_HEADER', good.replace('1, 25 ,no,0,0', '1,25,no')],
    ['an unclosed quote', 'BAD_HEADER', good.replace('"7"', '"7')],
    ['a column that is not there', 'BAD_COLUMN', good.replace('dose', 'doses')],
    ['a header alone', 'EMPTY', 'id,age,smoker,dose,ill\n'],
    ['nothing', 'EMPTY', ''],
  ];
  for (const [name, code, text] of troubles) {
    it(`refuses ${name} with ${code}, naming the file`, async () => {
      const path = await write(text);
      await assert.rejects(readCsv(path, table, format), (error: Error) => {
        assert.equal(Reflect.get(error, 'code'), code, error.message);
        assert.ok(error.message.includes(path) && !error.message.includes('\n'), error.message);
        return true;
      });
    });
  }

  it('refuses a description that does not fit the consortium', async () => {
    const path = await write(good);
    await assert.rejects(readCsv(path, table, { ...format, shape: [5] }), { code: 'SHAPE_MISMATCH' });
    const three = { ...table, label: { ...table.label, values: ['0', '1', '2'] } };
    await assert.rejects(readCsv(path, three, format), { code: 'LABEL_OUT_OF_RANGE' });
    const byName = { ...table, header: false };
    await assert.rejects(readCsv(path, byName, format), { code: 'BAD_COLUMN' });
  });
});

describe('readCsv on the UCI repository’s tables', () => {
  const uci = join(process.env['DPPDL_SHARED'] ?? join(import.meta.dirname, '../../../shared'), 'data/uci');
  const numeric = (columns: readonly [number, number, number][]) =>
    columns.map(([column, min, max]) => ({ column, kind: 'numeric', min, max }));
  const unit = (features: number) => ({ shape: [features], classes: 2, mean: 0, stdDev: 1 });
  const skip = existsSync(uci) ? false : `no tables in ${uci}: set DPPDL_SHARED to check against them`;

  it('reads banknote, breast cancer with its missing values, and pima', { skip }, async () => {
    const banknote = tableSchema.parse({
      header: false,
      columns: numeric([
        [0, -8, 8],
        [1, -15, 15],
        [2, -6, 19],
        [3, -9, 4],
      ]),
      label: { column: 4, values: ['0', '1'] },
    });
    const notes = await readCsv(join(uci, 'banknote_authentication.csv'), banknote, unit(4));
    assert.equal(notes.examples.labels.length, 1372);

    const cancer = tableSchema.parse({
      header: false,
      columns: numeric(Array.from({ length: 9 }, (_, index) => [index + 1, 1, 10] as [number, number, number])),
      label: { column: 10, values: ['2', '4'] },
      missing: { action: 'skip' },
    });
    const cells = await readCsv(join(uci, 'breast-cancer-wisconsin.data'), cancer, unit(9));
    assert.deepEqual([cells.examples.labels.length, cells.skipped], [683, 16]);

    const pima = tableSchema.parse({
      header: false,
      columns: numeric([
        [0, 0, 20],
        [1, 0, 200],
        [2, 0, 130],
        [3, 0, 100],
        [4, 0, 900],
        [5, 0, 70],
        [6, 0, 2.5],
        [7, 20, 90],
      ]),
      label: { column: 8, values: ['0', '1'] },
    });
    const patients = await readCsv(join(uci, 'pima-indians-diabetes.csv'), pima, unit(8));
    assert.equal(patients.examples.labels.length, 768);
    assert.equal(patients.examples.labels.filter((label) => label === 1).length, 268);
  });

  it('reads adult, whose two files write the labels differently', { skip }, async () => {
    const adult = tableSchema.parse({
      header: false,
      columns: [
        ...numeric([
          [0, 17, 90],
          [4, 1, 16],
          [10, 0, 99_999],
          [11, 0, 4356],
          [12, 1, 99],
        ]),
        { column: 9, kind: 'categorical', values: ['Female', 'Male'] },
      ],
      label: {
        column: 14,
        values: [
          ['<=50K', '<=50K.'],
          ['>50K', '>50K.'],
        ],
      },
      missing: { action: 'fill' },
    });
    const train = await readCsv(join(uci, 'adult-train.csv'), adult, unit(7));
    const test = await readCsv(join(uci, 'adult-test.csv'), adult, unit(7));
    const rich = (labels: Uint8Array) => labels.filter((label) => label === 1).length;
    assert.deepEqual([train.examples.labels.length, rich(train.examples.labels)], [32_561, 7841]);
    assert.deepEqual([test.examples.labels.length, rich(test.examples.labels)], [16_281, 3846]);
  });
});
