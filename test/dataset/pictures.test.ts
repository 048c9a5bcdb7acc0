/**
 * Pictures to inputs: centred padding, normalisation, and refusal of what does not fit.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Pictures, picturesToExamples, selectExamples, selectPictures } from '../../node/dataset/pictures.ts';

const pictures: Pictures = {
  pixels: Uint8Array.of(255, 51, 102, 153, 1, 2, 3, 4),
  labels: Uint8Array.of(1, 0),
  height: 2,
  width: 2,
  channels: 1,
};
const format = { shape: [4, 4, 1], classes: 2, mean: 0.2, stdDev: 0.5 };
const close = (actual: Float32Array, expected: readonly number[]) => {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, index) => {
    assert.ok(Math.abs(actual[index] - value) < 1e-6, `[${index}] ${actual[index]} ≠ ${value}`);
  });
};

describe('picturesToExamples', () => {
  it('puts the picture in the middle of black and normalises both', () => {
    const examples = picturesToExamples(pictures, format, 'test');
    const black = -0.4;
    close(examples.inputs.subarray(0, 16), [
      ...[black, black, black, black],
      ...[black, 1.6, 0, black],
      ...[black, 0.4, 0.8, black],
      ...[black, black, black, black],
    ]);
    assert.deepEqual([...examples.labels], [1, 0]);
    assert.deepEqual(examples.shape, [4, 4, 1]);
  });

  it('takes pictures as a flat list of features when their size is exactly that', () => {
    close(picturesToExamples(pictures, { ...format, shape: [4] }, 'test').inputs.subarray(0, 4), [1.6, 0, 0.4, 0.8]);
    assert.throws(() => picturesToExamples(pictures, { ...format, shape: [5] }, 'test'), { code: 'SHAPE_MISMATCH' });
  });

  it('keeps channels together', () => {
    const colour: Pictures = {
      pixels: Uint8Array.of(0, 51, 255),
      labels: Uint8Array.of(0),
      height: 1,
      width: 1,
      channels: 3,
    };
    const examples = picturesToExamples(colour, { ...format, shape: [1, 2, 3], mean: 0, stdDev: 1 }, 'test');
    close(examples.inputs, [0, 0.2, 1, 0, 0, 0]);
  });

  it('refuses pictures that are larger or have other channels', () => {
    for (const shape of [
      [1, 4, 1],
      [4, 1, 1],
      [4, 4, 3],
    ]) {
      assert.throws(() => picturesToExamples(pictures, { ...format, shape }, 'test'), { code: 'SHAPE_MISMATCH' });
    }
  });

  it('refuses a label that names no class, and says which', () => {
    const wrong = { ...pictures, labels: Uint8Array.of(0, 2) };
    assert.throws(() => picturesToExamples(wrong, format, 'test'), {
      code: 'LABEL_OUT_OF_RANGE',
      meta: { path: 'test', row: 1, label: 2, classes: 2 },
    });
  });

  it('selects the same rows before and after conversion', () => {
    const picked = picturesToExamples(selectPictures(pictures, [1, 0, 1]), format, 'test');
    assert.deepEqual(picked, selectExamples(picturesToExamples(pictures, format, 'test'), [1, 0, 1]));
    assert.deepEqual([...picked.labels], [0, 1, 0]);
  });
});
