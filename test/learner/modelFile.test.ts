/**
 * Model files: what is written is read again, and nothing else is.
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLearner } from '../../node/learner/learner.ts';
import { decodeModelFile, encodeModelFile, type ModelDescription } from '../../node/learner/modelFile.ts';
import { decodeSafetensors, encodeSafetensors } from '../../node/learner/safetensors.ts';

const description: ModelDescription = {
  model: { kind: 'mlp', layers: [4, 5, 3] },
  inputs: { shape: [2, 2, 1], classes: 3, mean: 0.25, stdDev: 0.5 },
};

test('safetensors files are read as they were written', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }), fc.string()), { maxLength: 4 }),
      fc.dictionary(fc.string(), fc.string()),
      (shapes, metadata) => {
        const tensors = shapes.map(([shape, name], index) => ({
          name: `${index}${name}`,
          shape,
          values: Float32Array.from(
            { length: shape.reduce((size, edge) => size * edge, 1) },
            (_, at) => at / 3 + index,
          ),
        }));
        const bytes = encodeSafetensors({ tensors, metadata });
        const read = decodeSafetensors(bytes);
        const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
        assert.deepEqual([...read.tensors].sort(byName), [...tensors].sort(byName));
        assert.deepEqual({ ...read.metadata }, { ...metadata });
      },
    ),
    { numRuns: 100, seed: 1 },
  );
});

test('the header is the one the format describes', () => {
  const bytes = encodeSafetensors({
    tensors: [{ name: 'a', shape: [1, 2], values: Float32Array.of(1, -2) }],
    metadata: { k: 'v' },
  });
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assert.equal(length % 8, 0);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))), {
    __metadata__: { k: 'v' },
    a: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] },
  });
  assert.deepEqual([...bytes.subarray(8 + length)], [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
});

test('a model file stands on its own', async () => {
  const learner = await createLearner(description.model, description.inputs);
  const parameters = learner.initialise(3);
  const bytes = encodeModelFile(description, learner.tensors, parameters);
  const read = decodeModelFile(bytes);
  assert.deepEqual(read.description, description);
  assert.deepEqual(read.parameters, parameters);
  assert.deepEqual(
    read.tensors.map(({ name, shape }) => [name, shape]),
    [
      ['dense1.weights', [4, 5]],
      ['dense1.biases', [5]],
      ['dense2.weights', [5, 3]],
      ['dense2.biases', [3]],
    ],
  );
  assert.throws(() => encodeModelFile(description, learner.tensors, parameters.subarray(1)), {
    code: 'SHAPE_MISMATCH',
  });
});

test('damaged files are refused', async () => {
  const learner = await createLearner(description.model, description.inputs);
  const bytes = encodeModelFile(description, learner.tensors, learner.initialise(3));
  for (let length = 0; length < bytes.length; length += 7) {
    assert.throws(() => decodeModelFile(bytes.subarray(0, length)), { code: 'BAD_FILE' });
  }
  const endless = bytes.slice();
  new DataView(endless.buffer).setBigUint64(0, 2n ** 63n, true);
  assert.throws(() => decodeModelFile(endless), { code: 'BAD_FILE' });
  const tensors = [{ name: 'a', shape: [1], values: Float32Array.of(1) }];
  assert.throws(() => decodeModelFile(encodeSafetensors({ tensors, metadata: {} })), { code: 'BAD_FILE' });
  assert.throws(() => decodeModelFile(encodeSafetensors({ tensors, metadata: { dppdl: '{"model":1}' } })), {
    code: 'BAD_FILE',
  });
});
