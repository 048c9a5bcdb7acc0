/**
 * The learner against a float64 reference over random models and data.
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLearner } from '../../node/learner/learner.ts';
import { createSeededRandom } from '../../node/random.ts';
import type { Examples } from '../../node/types.ts';
import { referenceForward, referenceStep } from './reference.ts';

function randomExamples(count: number, features: number, classes: number, density: number, seed: number): Examples {
  const random = createSeededRandom(seed);
  return {
    inputs: Float32Array.from({ length: count * features }, () =>
      random.uniform() < density ? 2 * random.uniform() - 1 : 0,
    ),
    labels: Uint8Array.from({ length: count }, () => random.below(classes)),
    shape: [features],
    classes,
  };
}

function rowsOf({ inputs, labels }: Examples): number[][] {
  const features = inputs.length / labels.length;
  return Array.from(labels, (_, row) => Array.from(inputs.subarray(row * features, (row + 1) * features)));
}

test('training equals the float64 reference over random shapes, batches and sparsity', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 19 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 2, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(0.1, 0.5, 1),
      fc.boolean(),
      fc.integer({ min: 0, max: 1e6 }),
      async (hidden, classes, batchSize, count, density, relaxed, seed) => {
        const layers = [...hidden, classes];
        const examples = randomExamples(count, layers[0], classes, density, seed);
        const learner = await createLearner(
          { kind: 'mlp', layers: layers.length > 1 ? layers : [layers[0], classes] },
          examples,
          { relaxed },
        );
        const w0 = learner.initialise(seed);
        const options = { epochs: 2, batchSize, learningRate: 0.3, seed };
        const trained = await learner.train(w0, examples, options);
        const rows = rowsOf(examples);
        let expected: Float64Array = Float64Array.from(w0);
        const random = createSeededRandom(seed);
        for (let epoch = 0; epoch < options.epochs; epoch++) {
          const order = [...random.permutation(count)];
          for (let start = 0; start < count; start += batchSize) {
            const batch = order.slice(start, start + batchSize);
            expected = referenceStep(
              layers,
              expected,
              batch.map((row) => rows[row]),
              batch.map((row) => examples.labels[row]),
              options.learningRate,
            );
          }
        }
        trained.forEach((value, index) => {
          assert.ok(
            Math.abs(value - expected[index]) < 2e-5,
            `parameter ${index}: ${value} against ${expected[index]}`,
          );
        });
        const labels = await learner.label(trained, examples.inputs);
        rows.forEach((row, index) => {
          const logits = referenceForward(layers, expected, row).at(-1) ?? [];
          assert.ok(Math.max(...logits) - logits[labels[index]] < 1e-4);
        });
      },
    ),
    { numRuns: 150, seed: 6 },
  );
});

test('the same seed gives the same bits, and the argument is not changed', async () => {
  const examples = randomExamples(50, 30, 5, 0.5, 1);
  const learner = await createLearner({ kind: 'mlp', layers: [30, 17, 5] }, examples);
  const w0 = learner.initialise(7);
  const before = w0.slice();
  const options = { epochs: 3, batchSize: 4, learningRate: 0.1, seed: 3 };
  const [first, second] = await Promise.all([
    learner.train(w0, examples, options),
    learner.train(w0, examples, options),
  ]);
  assert.deepEqual(first, second);
  assert.deepEqual(w0, before);
  assert.notDeepEqual(first, await learner.train(w0, examples, { ...options, seed: 4 }));
});

test('initial parameters are uniform in ±1/√fan_in', async () => {
  const learner = await createLearner({ kind: 'mlp', layers: [100, 64, 10] }, { shape: [100], classes: 10 });
  const w0 = learner.initialise(5);
  const first = w0.subarray(0, 101 * 64);
  assert.ok(first.every((value) => Math.abs(value) <= 0.1));
  const variance = first.reduce((sum, value) => sum + value * value, 0) / first.length;
  assert.ok(Math.abs(variance - 0.01 / 3) < 2e-4); // five standard errors
  assert.deepEqual(w0, learner.initialise(5));
});

test('divergence is reported with its step', async () => {
  const examples = randomExamples(20, 8, 3, 1, 2);
  const learner = await createLearner({ kind: 'mlp', layers: [8, 6, 3] }, examples);
  await assert.rejects(
    learner.train(learner.initialise(1), examples, { epochs: 50, batchSize: 2, learningRate: 1e30, seed: 1 }),
    (error: { code: string; meta: { step: number } }) => error.code === 'NOT_FINITE' && error.meta.step >= 2,
  );
  const poisoned = { ...examples, inputs: examples.inputs.with(20, Number.NaN) };
  await assert.rejects(
    learner.train(learner.initialise(1), poisoned, { epochs: 1, batchSize: 1, learningRate: 0.1, seed: 1 }),
    { code: 'NOT_FINITE' },
  );
});

test('refuses what does not fit', async () => {
  const spec = { shape: [4], classes: 3 };
  await assert.rejects(createLearner({ kind: 'mlp', layers: [5, 3] }, spec), { code: 'INVALID_MODEL' });
  const learner = await createLearner({ kind: 'mlp', layers: [4, 3] }, spec);
  const examples = randomExamples(5, 4, 3, 1, 1);
  const options = { epochs: 1, batchSize: 1, learningRate: 0.1, seed: 0 };
  const w0 = learner.initialise(0);
  await assert.rejects(learner.train(new Float32Array(3), examples, options), { code: 'SHAPE_MISMATCH' });
  await assert.rejects(learner.train(w0, { ...examples, inputs: new Float32Array(3) }, options), {
    code: 'SHAPE_MISMATCH',
  });
  await assert.rejects(learner.train(w0, { ...examples, labels: new Uint8Array(5).fill(3) }, options), {
    code: 'SHAPE_MISMATCH',
  });
  await assert.rejects(learner.train(w0, examples, { ...options, batchSize: 0 }), { code: 'INVALID_OPTION' });
  await assert.rejects(learner.train(w0, examples, { ...options, learningRate: Number.NaN }), {
    code: 'INVALID_OPTION',
  });
  await assert.rejects(learner.label(w0, new Float32Array(5)), { code: 'SHAPE_MISMATCH' });
});
