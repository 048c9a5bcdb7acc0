/**
 * IDX files: what is written is read back, and every kind of damage has its own code.
 * @module
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { readIdx, writeIdx } from '../../node/dataset/idx.ts';
import type { Pictures } from '../../node/dataset/pictures.ts';

const pictures: Pictures = {
  pixels: Uint8Array.from({ length: 3 * 2 * 4 }, (_, index) => (index * 37) & 255),
  labels: Uint8Array.of(2, 0, 1),
  height: 2,
  width: 4,
  channels: 1,
};

describe('IDX', () => {
  let folder = '';
  const images = () => join(folder, 'images');
  const labels = () => join(folder, 'labels');

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-idx-'));
    await writeIdx(pictures, images(), labels());
  });
  after(() => rm(folder, { recursive: true }));

  it('writes the bytes the format prescribes', async () => {
    const bytes = await readFile(images());
    assert.equal(bytes.subarray(0, 16).toString('hex'), '00000803000000030000000200000004');
    assert.equal((await readFile(labels())).toString('hex'), '0000080100000003020001');
  });

  it('reads back what was written, of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(1, 3),
        fc.integer(),
        async (count, height, width, channels, salt) => {
          const pixels = Uint8Array.from(
            { length: count * height * width * channels },
            (_, i) => (i * 31 + salt) & 255,
          );
          const written = { pixels, labels: new Uint8Array(count).fill(salt & 255), height, width, channels };
          await writeIdx(written, join(folder, 'any/images'), join(folder, 'any/labels'));
          const read = await readIdx(join(folder, 'any/images'), join(folder, 'any/labels'));
          assert.deepEqual(
            { ...read, pixels: [...read.pixels], labels: [...read.labels] },
            { ...written, pixels: [...pixels], labels: [...written.labels] },
          );
        },
      ),
      { numRuns: 30, seed: 1 },
    );
  });

  it('leaves no partial files', async () => {
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.endsWith('.partial')),
      [],
    );
  });

  it('reads gzipped files whatever they are called', async () => {
    const packed = join(folder, 'packed');
    await writeFile(packed, gzipSync(await readFile(images())));
    assert.deepEqual([...(await readIdx(packed, labels())).pixels], [...pictures.pixels]);
  });

  const damage: [string, string, (bytes: Buffer) => Buffer][] = [
    ['a cut body', 'TRUNCATED', (bytes) => bytes.subarray(0, -1)],
    ['a byte too many', 'TRUNCATED', (bytes) => Buffer.concat([bytes, Buffer.of(0)])],
    ['a cut header', 'BAD_HEADER', (bytes) => bytes.subarray(0, 10)],
    ['no bytes at all', 'BAD_HEADER', () => Buffer.alloc(0)],
    ['another format', 'BAD_HEADER', () => Buffer.from('\x89PNG\r\n\x1a\n and more')],
    ['labels in place of images', 'BAD_HEADER', () => Buffer.from('0000080100000003020001', 'hex')],
    ['float elements', 'BAD_HEADER', (bytes) => Buffer.concat([Buffer.of(0, 0, 0x0d, 3), bytes.subarray(4)])],
    ['no pictures', 'EMPTY', () => Buffer.from('00000803000000000000000200000004', 'hex')],
    ['a cut gzip', 'TRUNCATED', (bytes) => gzipSync(bytes).subarray(0, -12)],
  ];
  for (const [name, code, harm] of damage) {
    it(`refuses ${name} with ${code}, naming the file`, async () => {
      const path = join(folder, 'harmed');
      await writeFile(path, harm(await readFile(images())));
      await assert.rejects(readIdx(path, labels()), (error: Error) => {
        assert.equal(Reflect.get(error, 'code'), code);
        assert.ok(error.message.includes(path));
        assert.ok(Reflect.get(error, 'action'));
        return true;
      });
    });
  }

  it('refuses another number of labels than images', async () => {
    const path = join(folder, 'two-labels');
    await writeFile(path, Buffer.from('00000801000000020001', 'hex'));
    await assert.rejects(readIdx(images(), path), { code: 'COUNT_MISMATCH' });
  });

  it('tells a missing file from one it may not read', async () => {
    await assert.rejects(readIdx(join(folder, 'nowhere'), labels()), { code: 'NOT_FOUND' });
    await assert.rejects(readIdx(folder, labels()), { code: 'NOT_READABLE' });
  });

  it('reads the published MNIST files', async (context) => {
    const mnist = join(process.env['DPPDL_SHARED'] ?? join(import.meta.dirname, '../../../shared'), 'data/mnist');
    if (!existsSync(mnist)) return context.skip(`no MNIST files in ${mnist}: set DPPDL_SHARED to check against them`);
    const test = await readIdx(join(mnist, 't10k-images-idx3-ubyte.gz'), join(mnist, 't10k-labels-idx1-ubyte.gz'));
    assert.deepEqual([test.labels.length, test.height, test.width, test.channels], [10_000, 28, 28, 1]);
    assert.deepEqual([...test.labels.subarray(0, 10)], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  });
});
