/**
 * The learner against a float64 reference over random models and data.
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TrainOptions } from '../../node/algorithm/ports.ts';
import type { ModelSpec } from '../../node/consortium.ts';
import { createLearner } from '../../node/learner/learner.ts';
import type { Examples } from '../../node/types.ts';
import { assertClose, batchesOf, randomExamples, rowsOf } from './data.ts';
import {
  cnnLayers,
  logitsOf,
  mlpLayers,
  outputsOf,
  type ReferenceLayer,
  type ReferenceLoss,
  referenceGradient,
} from './reference.ts';

const softmax: ReferenceLoss = { output: 'softmax', loss: 'crossEntropy' };

/** Trains in float64 with a rule that turns the gradient of step t (from 0) into a change. */
function trainReference(
  layers: readonly ReferenceLayer[],
  w0: Float32Array,
  examples: Examples,
  options: TrainOptions,
  loss = softmax,
  rule: (gradient: Float64Array, step: number) => Float64Array = (g) => g.map((value) => -options.learningRate * value),
): Float64Array {
  const rows = rowsOf(examples);
  let parameters: Float64Array = Float64Array.from(w0);
  batchesOf(rows.length, options).forEach((batch, step) => {
    const gradient = referenceGradient(
      layers,
      parameters,
      batch.map((row) => rows[row]),
      batch.map((row) => examples.labels[row]),
      loss,
    );
    const change = rule(gradient, step);
    parameters = parameters.map((value, index) => value + change[index]);
  });
  return parameters;
}

test('an MLP trains like the reference over random shapes, batches, sparsity and common values', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 37 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 2, max: 13 }),
      fc.integer({ min: 1, max: 19 }),
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom(0.1, 0.4, 1),
      fc.constantFrom(0, -0.36, 1.5),
      fc.boolean(),
      fc.integer({ min: 0, max: 1e6 }),
      async (hidden, classes, batchSize, count, density, common, relaxed, seed) => {
        const layers = [...hidden, classes];
        const examples = randomExamples(count, [layers[0]], classes, seed, { density, common });
        const learner = await createLearner({ kind: 'mlp', layers }, examples, { relaxed });
        const w0 = learner.initialise(seed);
        const options = { epochs: 2, batchSize, learningRate: 0.1, seed };
        const trained = await learner.train(w0, examples, options);
        const expected = trainReference(mlpLayers(layers), w0, examples, options);
        assertClose(trained, expected, 3e-5);
        const labels = await learner.label(trained, examples.inputs);
        const probabilities = await learner.predict(trained, examples.inputs);
        rowsOf(examples).forEach((row, index) => {
          const logits = logitsOf(mlpLayers(layers), expected, row);
          assert.ok(Math.max(...logits) - logits[labels[index]] < 1e-3);
          assertClose(
            probabilities.subarray(index * classes, (index + 1) * classes),
            outputsOf(logits, 'softmax'),
            3e-4,
          );
        });
      },
    ),
    { numRuns: 200, seed: 6 },
  );
});

test('every output, loss and momentum trains like the reference over random shapes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 21 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 2, max: 9 }),
      fc.integer({ min: 1, max: 13 }),
      fc.constantFrom<ReferenceLoss>(
        softmax,
        { output: 'softmax', loss: 'squared' },
        { output: 'sigmoid', loss: 'crossEntropy' },
        { output: 'sigmoid', loss: 'squared' },
      ),
      fc.constantFrom(0, 0.9),
      fc.boolean(),
      fc.integer({ min: 0, max: 1e6 }),
      async (hidden, classes, batchSize, loss, momentum, relaxed, seed) => {
        const layers = [...hidden, classes];
        const examples = randomExamples(30, [layers[0]], classes, seed, { density: 0.5 });
        const optimiser = { kind: 'sgd', momentum } as const;
        const learner = await createLearner({ kind: 'mlp', layers, ...loss, optimiser }, examples, { relaxed });
        const w0 = learner.initialise(seed);
        const options = { epochs: 2, batchSize, learningRate: 0.05, seed };
        const velocity = new Float64Array(w0.length);
        const expected = trainReference(mlpLayers(layers), w0, examples, options, loss, (gradient) =>
          gradient.map((value, index) => {
            velocity[index] = momentum * velocity[index] + value;
            return -options.learningRate * velocity[index];
          }),
        );
        assertClose(await learner.train(w0, examples, options), expected, 3e-5);
      },
    ),
    { numRuns: 60, seed: 7 },
  );
});

test('batches of thousands train like the reference', async () => {
  for (const batchSize of [1000, 2000]) {
    const layers = [9, 12, 4];
    const examples = randomExamples(2500, [9], 4, 3, { density: 0.5 });
    const learner = await createLearner({ kind: 'mlp', layers }, examples);
    const w0 = learner.initialise(4);
    const options = { epochs: 2, batchSize, learningRate: 0.1, seed: 5 };
    assertClose(
      await learner.train(w0, examples, options),
      trainReference(mlpLayers(layers), w0, examples, options),
      3e-5,
    );
  }
});

test("the paper's MLP agrees to 1e-4 after 100 steps on picture-like inputs", async () => {
  const layers = [1024, 128, 64, 10];
  for (const batchSize of [1, 5]) {
    const examples = randomExamples(20 * batchSize, [32, 32, 1], 10, 8, { density: 0.15, common: -0.36 });
    const learner = await createLearner({ kind: 'mlp', layers }, examples);
    const w0 = learner.initialise(2);
    const options = { epochs: 5, batchSize, learningRate: 0.01, seed: 3 };
    const trained = await learner.train(w0, examples, options);
    assertClose(trained, trainReference(mlpLayers(layers), w0, examples, options), 1e-4);
  }
});

for (const [channels, batchSize, count, epochs] of [
  [1, 1, 10, 3],
  [1, 6, 12, 2],
  [3, 1, 4, 2],
  [3, 5, 9, 1],
] as const) {
  test(`the CNN with ${channels} channels trains like the reference in batches of ${batchSize}`, async () => {
    const examples = randomExamples(count, [32, 32, channels], 10, 4, { density: 0.3, common: -0.36 });
    for (const relaxed of [false, true]) {
      const learner = await createLearner({ kind: 'cnn', channels }, examples, { relaxed });
      if (channels === 1) assert.equal(learner.parameterCount, 105_506);
      const w0 = learner.initialise(1);
      const options = { epochs, batchSize, learningRate: 0.02, seed: 9 };
      const trained = await learner.train(w0, examples, options);
      const expected = trainReference(cnnLayers(channels, 10), w0, examples, options);
      assertClose(trained, expected, 2e-5);
      const labels = await learner.label(trained, examples.inputs);
      rowsOf(examples).forEach((row, index) => {
        const logits = logitsOf(cnnLayers(channels, 10), expected, row);
        assert.ok(Math.max(...logits) - logits[labels[index]] < 1e-3);
      });
    }
  });
}

for (const output of ['softmax', 'sigmoid'] as const) {
  for (const loss of ['crossEntropy', 'squared'] as const) {
    test(`${output} outputs learn by ${loss}`, async () => {
      const layers = [7, 11, 4];
      const examples = randomExamples(30, [7], 4, 5);
      const learner = await createLearner({ kind: 'mlp', layers, output, loss }, examples);
      const w0 = learner.initialise(1);
      const options = { epochs: 3, batchSize: 4, learningRate: 0.5, seed: 2 };
      const expected = trainReference(mlpLayers(layers), w0, examples, options, { output, loss });
      assertClose(await learner.train(w0, examples, options), expected, 2e-5);
    });
  }
}

test('probabilities are right for sums of any size', async () => {
  for (const size of [-500, 0, 500]) {
    const learner = await createLearner({ kind: 'mlp', layers: [1, 3] }, { shape: [1], classes: 3 });
    const parameters = Float32Array.of(0, 0, 0, size, size - 1, size - 2);
    const probabilities = await learner.predict(parameters, Float32Array.of(1));
    assertClose(probabilities, outputsOf(Float64Array.of(0, -1, -2), 'softmax'), 1e-6);
  }
});

test('a single sigmoid unit separates two classes', async () => {
  const layers = [5, 6, 1];
  const examples = randomExamples(40, [5], 2, 5);
  const learner = await createLearner({ kind: 'mlp', layers, output: 'sigmoid' }, examples);
  const w0 = learner.initialise(1);
  const options = { epochs: 4, batchSize: 4, learningRate: 0.5, seed: 2 };
  const trained = await learner.train(w0, examples, options);
  const loss = { output: 'sigmoid', loss: 'crossEntropy' } as const;
  assertClose(trained, trainReference(mlpLayers(layers), w0, examples, options, loss), 2e-5);
  const labels = await learner.label(trained, examples.inputs);
  const probabilities = await learner.predict(trained, examples.inputs);
  assert.deepEqual(
    Array.from(labels),
    Array.from(probabilities, (value) => Number(value > 0.5)),
  );
});

test('momentum, decay and Adam follow their formulas', async () => {
  const layers = [9, 10, 3];
  const examples = randomExamples(25, [9], 3, 5, { density: 0.4, common: 0.5 });
  const options = { epochs: 3, batchSize: 4, learningRate: 0.05, seed: 2 };
  const zeros = () => new Float64Array((9 + 1) * 10 + (10 + 1) * 3);
  const [velocity, first, second] = [zeros(), zeros(), zeros()];
  const rules = [
    {
      optimiser: { kind: 'sgd', decay: 0.3 },
      rule: (g: Float64Array, t: number) => g.map((value) => (-0.05 / (1 + 0.3 * t)) * value),
    },
    {
      optimiser: { kind: 'sgd', momentum: 0.9, decay: 0.1 },
      rule: (g: Float64Array, t: number) =>
        g.map((value, i) => {
          velocity[i] = 0.9 * velocity[i] + value;
          return (-0.05 / (1 + 0.1 * t)) * velocity[i];
        }),
    },
    {
      optimiser: { kind: 'adam', decay: 0.1 },
      rule: (g: Float64Array, t: number) =>
        g.map((value, i) => {
          first[i] = 0.9 * first[i] + 0.1 * value;
          second[i] = 0.999 * second[i] + 0.001 * value ** 2;
          const root = Math.sqrt(second[i] / (1 - 0.999 ** (t + 1))) + 1e-7;
          return ((-0.05 / (1 + 0.1 * t)) * first[i]) / (1 - 0.9 ** (t + 1)) / root;
        }),
    },
  ] as const;
  for (const { optimiser, rule } of rules) {
    const learner = await createLearner({ kind: 'mlp', layers, optimiser }, examples);
    const w0 = learner.initialise(1);
    const expected = trainReference(mlpLayers(layers), w0, examples, options, softmax, rule);
    // Adam's first steps are ±rate whatever the gradient's size, so that its rounding counts most.
    assertClose(await learner.train(w0, examples, options), expected, optimiser.kind === 'adam' ? 2e-4 : 2e-5);
  }
});

test('the CNN trains with an optimiser', async () => {
  const examples = randomExamples(6, [32, 32, 1], 10, 4);
  const learner = await createLearner(
    { kind: 'cnn', channels: 1, optimiser: { kind: 'sgd', momentum: 0.5 } },
    examples,
  );
  const w0 = learner.initialise(1);
  const velocity = new Float64Array(w0.length);
  const options = { epochs: 1, batchSize: 3, learningRate: 0.02, seed: 9 };
  const expected = trainReference(cnnLayers(1, 10), w0, examples, options, softmax, (g) =>
    g.map((value, i) => {
      velocity[i] = 0.5 * velocity[i] + value;
      return -0.02 * velocity[i];
    }),
  );
  assertClose(await learner.train(w0, examples, options), expected, 2e-5);
});

test('dropout switches its share off, keeps the mean, and not when predicting', async () => {
  // One input of 1, 400 hidden units of value 1, output weights 0: one step moves each output weight by its unit's value.
  const layers = [1, 400, 2];
  const examples = { inputs: Float32Array.of(1), labels: Uint8Array.of(0), shape: [1], classes: 2 };
  const dropout = 0.3;
  const learner = await createLearner({ kind: 'mlp', layers, dropout }, examples);
  const w0 = new Float32Array(learner.parameterCount).fill(1, 0, 400);
  const trained = await learner.train(w0, examples, { epochs: 1, batchSize: 1, learningRate: 1, seed: 5 });
  const moves = trained.subarray(800, 1600).filter((_, index) => index % 2 === 0);
  const kept = moves.filter((value) => value !== 0);
  assert.ok(Math.abs(1 - kept.length / 400 - dropout) < 0.115); // five standard errors
  assertClose(kept, new Float32Array(kept.length).fill(0.5 / (1 - dropout)), 1e-6);
  const twin = await createLearner({ kind: 'mlp', layers }, examples);
  assert.deepEqual(await learner.predict(trained, examples.inputs), await twin.predict(trained, examples.inputs));
});

test('the same seed gives the same bits, and the argument is not changed', async () => {
  const examples = randomExamples(50, [30], 5, 1, { density: 0.5 });
  const learner = await createLearner({ kind: 'mlp', layers: [30, 17, 5], dropout: 0.2 }, examples);
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

const models: readonly { model: ModelSpec; shape: readonly number[] }[] = [
  { model: { kind: 'mlp', layers: [8, 6, 3] }, shape: [8] },
  { model: { kind: 'cnn', channels: 1 }, shape: [32, 32, 1] },
];
for (const { model, shape } of models) {
  test(`divergence of the ${model.kind} is reported with its step`, async () => {
    const examples = randomExamples(20, shape, 3, 2);
    const learner = await createLearner(model, examples);
    await assert.rejects(
      learner.train(learner.initialise(1), examples, { epochs: 50, batchSize: 2, learningRate: 1e30, seed: 1 }),
      (error: { code: string; meta: { step: number } }) => error.code === 'NOT_FINITE' && error.meta.step >= 2,
    );
    const [row, features] = [12, examples.inputs.length / 20];
    const poisoned = { ...examples, inputs: examples.inputs.with(row * features + 4, Number.NaN) };
    for (const batchSize of [1, 3]) {
      const options = { epochs: 1, batchSize, learningRate: 0.1, seed: 1 };
      const step = 1 + batchesOf(20, options).findIndex((rows) => rows.includes(row));
      await assert.rejects(
        learner.train(learner.initialise(1), poisoned, options),
        (error: { code: string; meta: { step: number } }) => error.code === 'NOT_FINITE' && error.meta.step === step,
      );
    }
  });
}

test('refuses what does not fit', async () => {
  const spec = { shape: [4], classes: 3 };
  await assert.rejects(createLearner({ kind: 'mlp', layers: [5, 3] }, spec), { code: 'INVALID_MODEL' });
  await assert.rejects(createLearner({ kind: 'mlp', layers: [4, 1] }, spec), { code: 'INVALID_MODEL' });
  await assert.rejects(createLearner({ kind: 'cnn', channels: 3 }, { shape: [32, 32, 1], classes: 3 }), {
    code: 'INVALID_MODEL',
  });
  const learner = await createLearner({ kind: 'mlp', layers: [4, 3] }, spec);
  const examples = randomExamples(5, [4], 3, 1);
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
