/**
 * Random damage to files of every format: a reader either reads them or says what is wrong, in its own words.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { PNG } from 'pngjs';
import { DatasetError } from '../../node/dataset/errors.ts';
import { writeIdx } from '../../node/dataset/idx.ts';
import { type DataOptions, dataSchema } from '../../node/dataset/options.ts';
import { readExamples } from '../../node/dataset/readExamples.ts';

const format = { shape: [2, 2, 1], classes: 2, mean: 0.1, stdDev: 0.3 };

/** One way to damage bytes: overwrite, cut off, insert. */
const damage = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: fc.nat(), byte: fc.nat(255) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }),
  }),
);
type Damage = typeof damage extends fc.Arbitrary<infer One> ? One : never;

function harm(bytes: Buffer, list: readonly Damage[]): Buffer {
  return list.reduce((whole, one) => {
    const at = whole.length === 0 ? 0 : one.at % whole.length;
    if (one.kind === 'cut') return whole.subarray(0, at);
    if (one.kind === 'insert') return Buffer.concat([whole.subarray(0, at), one.bytes, whole.subarray(at)]);
    const copy = Buffer.from(whole);
    if (copy.length > 0) copy[at] = one.byte;
    return copy;
  }, bytes);
}

describe('damaged files', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-damage-'));
    const pictures = {
      pixels: new Uint8Array(12).fill(7),
      labels: Uint8Array.of(0, 1, 1),
      height: 2,
      width: 2,
      channels: 1,
    };
    await writeIdx(pictures, join(folder, 'images'), join(folder, 'labels'));
    await writeFile(join(folder, 'packed'), gzipSync(await readFile(join(folder, 'images'))));
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 4), }\n";
    const npy = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
      Buffer.of(header.length, 0),
      Buffer.from(header),
      Buffer.alloc(16),
    ]);
    const one = header.replace('<f4', '|u1').replace('(1, 4)', '(1,)');
    const label = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
      Buffer.of(one.length, 0),
      Buffer.from(one),
      Buffer.of(1),
    ]);
    await writeFile(join(folder, 'x.npy'), npy);
    await writeFile(join(folder, 'y.npy'), label);
    await writeFile(join(folder, 'both.npz'), zipSync({ 'x.npy': npy, 'y.npy': label }));
    await writeFile(join(folder, 'table.csv'), 'a,b,c,d,e\n1,0,1,0,no\n0,"1",0,1,yes\n');
    await mkdir(join(folder, 'pictures/cat'), { recursive: true });
    await writeFile(join(folder, 'pictures/cat/a.png'), PNG.sync.write(new PNG({ width: 2, height: 2 })));
  });
  after(() => rm(folder, { recursive: true }));

  const column = (name: string) => ({ column: name, kind: 'numeric', min: 0, max: 1 });
  const sources = (): Record<string, [string, unknown]> => {
    const at = (name: string) => join(folder, name);
    return {
      'IDX images': ['images', { format: 'idx', train: { images: at('images'), labels: at('labels') } }],
      'IDX labels': ['labels', { format: 'idx', train: { images: at('images'), labels: at('labels') } }],
      'gzipped IDX': ['packed', { format: 'idx', train: { images: at('packed'), labels: at('labels') } }],
      'NumPy inputs': ['x.npy', { format: 'npy', train: { inputs: at('x.npy'), labels: at('y.npy') } }],
      'NumPy labels': ['y.npy', { format: 'npy', train: { inputs: at('x.npy'), labels: at('y.npy') } }],
      'NumPy archives': ['both.npz', { format: 'npy', train: { archive: at('both.npz') } }],
      tables: [
        'table.csv',
        {
          format: 'csv',
          train: at('table.csv'),
          table: { columns: ['a', 'b', 'c', 'd'].map(column), label: { column: 'e', values: ['no', 'yes'] } },
        },
      ],
      pictures: ['pictures/cat/a.png', { format: 'images', train: at('pictures'), classes: ['cat', 'dog'] }],
    };
  };

  for (const name of [
    'IDX images',
    'IDX labels',
    'gzipped IDX',
    'NumPy inputs',
    'NumPy labels',
    'NumPy archives',
    'tables',
    'pictures',
  ]) {
    it(`are read or refused by name: ${name}`, async () => {
      const [file, section] = sources()[name];
      const path = join(folder, file);
      const whole = await readFile(path);
      const options: DataOptions = dataSchema.parse(section);
      assert.ok((await readExamples(options, format)).train.labels.length >= 1, 'the whole file is read');
      let refused = 0;
      const check = async (list: readonly Damage[]) => {
        await writeFile(path, harm(whole, list));
        try {
          const { train } = await readExamples(options, format);
          assert.equal(train.inputs.length, train.labels.length * 4);
          assert.ok(train.inputs.every(Number.isFinite) && train.labels.every((label) => label < 2));
        } catch (error) {
          assert.ok(error instanceof DatasetError, `${error}`);
          assert.ok(error.message.includes(folder) && error.action);
          refused++;
        }
      };
      try {
        const lists = fc.array(damage, { minLength: 1, maxLength: 3 });
        await fc.assert(fc.asyncProperty(lists, check), { numRuns: 250, seed: 1 });
      } finally {
        await writeFile(path, whole);
      }
      assert.ok(refused > 20, `only ${refused} of 250 were refused`);
    });
  }
});
