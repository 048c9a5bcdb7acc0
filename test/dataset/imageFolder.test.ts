/**
 * Folders of PNG files: classes by folder, grey or colour, and files that are no pictures.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { PNG } from 'pngjs';
import { readImageFolder } from '../../node/dataset/imageFolder.ts';

const format = { shape: [2, 2, 1], classes: 2, mean: 0, stdDev: 1 };
const classes = ['cat', 'dog'];

/** A picture of one colour. */
function png(width: number, height: number, [red, green, blue, opacity = 255]: readonly number[]): Buffer {
  const picture = new PNG({ width, height });
  for (let at = 0; at < picture.data.length; at += 4) picture.data.set([red, green, blue, opacity], at);
  return PNG.sync.write(picture);
}

describe('readImageFolder', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-images-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const put = async (path: string, bytes: Uint8Array) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  };

  it('reads classes in their order, files in theirs, and makes colours grey', async () => {
    await put('dog/b.png', png(2, 2, [255, 255, 255]));
    await put('dog/a.png', png(2, 2, [255, 0, 0]));
    await put('cat/z.png', png(2, 2, [255, 255, 255, 0]));
    await put('cat/.hidden', Buffer.from('x'));
    const examples = await readImageFolder(folder, classes, format);
    assert.deepEqual([...examples.labels], [0, 1, 1]);
    const brightness = [0, 4, 8].map((at) => Math.round(examples.inputs[at] * 255));
    assert.deepEqual(brightness, [0, 76, 255]);
  });

  it('keeps colours for a consortium of three channels', async () => {
    await put('cat/a.png', png(1, 1, [255, 51, 0]));
    const examples = await readImageFolder(folder, classes, { ...format, shape: [1, 1, 3] });
    assert.deepEqual(
      [...examples.inputs].map((value) => Math.round(value * 10)),
      [10, 2, 0],
    );
  });

  it('refuses what is no picture, of another size, or of no class', async () => {
    const read = () => readImageFolder(folder, classes, format);
    await assert.rejects(read(), { code: 'EMPTY' });
    await put('cat/a.png', png(2, 2, [1, 2, 3]));
    await assert.rejects(readImageFolder(folder, ['cat', 'dog', 'cow'], format), { code: 'LABEL_OUT_OF_RANGE' });
    await put('cat/b.png', png(1, 2, [1, 2, 3]));
    await assert.rejects(read(), { code: 'SHAPE_MISMATCH' });
    await put('cat/b.png', png(2, 2, [1, 2, 3]).subarray(0, 50));
    await assert.rejects(read(), { code: 'BAD_HEADER' });
    await put('cow/a.png', png(2, 2, [1, 2, 3]));
    await assert.rejects(read(), { code: 'LABEL_OUT_OF_RANGE' });
    await assert.rejects(readImageFolder(join(folder, 'none'), classes, format), { code: 'NOT_FOUND' });
  });
});
