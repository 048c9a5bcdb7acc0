/**
 * TensorFlow.js as an independent oracle: exported models predict the same there, and whole training runs agree.
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelSpec } from '../../node/consortium.ts';
import { sizeOf } from '../../node/learner/engine.ts';
import { encodeLayersFiles, type LayersFiles, layersTopology, layersWeights } from '../../node/learner/layersFile.ts';
import { topologyHash } from '../../node/learner/layersLearner.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { splitParameters } from '../../node/learner/modelFile.ts';
import { assertClose, batchesOf, randomExamples } from './data.ts';

const normalisation = { mean: 0, stdDev: 1 };

test('an MLP trains as in TensorFlow.js for 100 steps', async () => {
  const inputs = { shape: [9, 5, 1], classes: 7 };
  const model: ModelSpec = { kind: 'mlp', layers: [45, 18, 13, 7] };
  const topology = layersTopology({ model, inputs: { ...inputs, ...normalisation } });
  const own = await createLearner(model, inputs);
  const other = await createLearner({ kind: 'layers', sha256: topologyHash(topology) }, inputs, { topology });
  assert.match(other.backend, /^tfjs/);
  assert.equal(other.parameterCount, own.parameterCount);
  for (const batchSize of [1, 6]) {
    const examples = randomExamples(25 * batchSize, inputs.shape, 7, 3, { density: 0.3, common: -0.4 });
    const options = { epochs: 4, batchSize, learningRate: 0.05, seed: 8 };
    const w0 = own.initialise(1);
    const expected = await other.train(w0, examples, options);
    const trained = await own.train(w0, examples, options);
    assertClose(trained, expected, 1e-4);
    assertClose(await own.predict(trained, examples.inputs), await other.predict(trained, examples.inputs), 1e-5);
    assert.deepEqual(await own.label(trained, examples.inputs), await other.label(trained, examples.inputs));
  }
  await other.close();
});

for (const optimiser of [
  { kind: 'sgd', decay: 0.2 },
  { kind: 'sgd', momentum: 0.9, decay: 0.1 },
  { kind: 'adam', beta1: 0.8, beta2: 0.99, decay: 0.1 },
] as const) {
  test(`a Layers model trains with ${JSON.stringify(optimiser)} as ours does`, async () => {
    const inputs = { shape: [6], classes: 4 };
    const model = { kind: 'mlp', layers: [6, 9, 4] } satisfies ModelSpec;
    const topology = layersTopology({ model, inputs: { ...inputs, ...normalisation } });
    const own = await createLearner({ ...model, optimiser }, inputs);
    const spec: ModelSpec = { kind: 'layers', sha256: topologyHash(topology), optimiser };
    const other = await createLearner(spec, inputs, { topology });
    const examples = randomExamples(20, inputs.shape, 4, 3);
    const options = { epochs: 5, batchSize: 4, learningRate: 0.02, seed: 8 };
    const w0 = own.initialise(1);
    const held = other.memoryBytes();
    const trained = await other.train(w0, examples, options);
    // Adam's first steps are ±rate whatever the gradient's size, so that its rounding counts most.
    assertClose(trained, await own.train(w0, examples, options), optimiser.kind === 'adam' ? 2e-4 : 2e-5);
    // The optimiser's state ends with the training (TensorFlow.js itself keeps a scalar or two).
    assert.deepEqual(await other.train(w0, examples, options), trained);
    assert.ok(other.memoryBytes() - held < 64);
    await other.close();
  });
}

test('dropout of a Layers model follows the seed, and other randomness is refused', async () => {
  const inputs = { shape: [6], classes: 4 };
  const normalised = { ...inputs, ...normalisation };
  const topology = layersTopology({ model: { kind: 'mlp', layers: [6, 40, 4], dropout: 0.5 }, inputs: normalised });
  const learner = await createLearner({ kind: 'layers', sha256: topologyHash(topology) }, inputs, { topology });
  const examples = randomExamples(12, inputs.shape, 4, 3);
  const options = { epochs: 2, batchSize: 3, learningRate: 0.1, seed: 8 };
  const w0 = learner.initialise(1);
  const trained = await learner.train(w0, examples, options);
  assert.deepEqual(await learner.train(w0, examples, options), trained);
  assert.notDeepEqual(await learner.train(w0, examples, { ...options, seed: 9 }), trained);
  // Masks differ from step to step: with the same one all the time, half of the hidden units would never move.
  const still = Array.from({ length: 40 }, (_, unit) => trained[240 + unit] === w0[240 + unit]);
  assert.ok(still.filter(Boolean).length < 10);
  await learner.close();

  const noisy = JSON.parse(JSON.stringify(topology).replace('"Dropout"', '"GaussianDropout"'));
  await assert.rejects(createLearner({ kind: 'layers', sha256: topologyHash(noisy) }, inputs, { topology: noisy }), {
    code: 'INVALID_MODEL',
  });
});

for (const channels of [1, 3] as const) {
  test(`the CNN with ${channels} channels trains as in TensorFlow.js`, async () => {
    const inputs = { shape: [32, 32, channels], classes: 10 };
    const model: ModelSpec = { kind: 'cnn', channels };
    const topology = layersTopology({ model, inputs: { ...inputs, ...normalisation } });
    const own = await createLearner(model, inputs);
    const other = await createLearner({ kind: 'layers', sha256: topologyHash(topology) }, inputs, { topology });
    const examples = randomExamples(6, inputs.shape, 10, 3);
    const options = { epochs: 1, batchSize: 2, learningRate: 0.05, seed: 8 };
    const w0 = own.initialise(1);
    /** The same parameters in the other's order: only the second convolution differs. */
    const translate = (parameters: Float32Array) =>
      Float32Array.from(layersWeights(splitParameters(own.tensors, parameters)).flatMap(({ values }) => [...values]));
    const expected = await other.train(translate(w0), examples, options);
    const trained = await own.train(w0, examples, options);
    assertClose(translate(trained), expected, 2e-5);
    assertClose(
      await own.predict(trained, examples.inputs),
      await other.predict(translate(trained), examples.inputs),
      1e-5,
    );
    await other.close();
  });
}

/** What TensorFlow.js predicts with exported files. */
async function predictElsewhere(files: LayersFiles, rows: Float32Array, shape: readonly number[]) {
  const tf = await import('@tensorflow/tfjs');
  await tf.setBackend('cpu');
  const { modelTopology, weightsManifest } = JSON.parse(files.model);
  const loaded = await tf.loadLayersModel({
    load: async () => ({
      modelTopology,
      weightSpecs: weightsManifest[0].weights,
      weightData: Uint8Array.from(files.weights).buffer,
    }),
  });
  const result = loaded.predict(tf.tensor(rows, [rows.length / sizeOf(shape), ...shape]));
  assert.ok(!Array.isArray(result));
  return result.data();
}

test('exported files load in TensorFlow.js with their weights', async () => {
  for (const [model, shape, classes] of [
    [{ kind: 'mlp', layers: [6, 5, 1], output: 'sigmoid', dropout: 0.2 }, [6], 2],
    [{ kind: 'cnn', channels: 3 }, [32, 32, 3], 4],
  ] as const) {
    const spec: ModelSpec = model.kind === 'mlp' ? { ...model, layers: [...model.layers] } : model;
    const inputs = { shape: [...shape], classes };
    const own = await createLearner(spec, inputs);
    const parameters = own.initialise(4);
    const files = encodeLayersFiles(
      layersTopology({ model: spec, inputs: { ...inputs, ...normalisation } }),
      layersWeights(splitParameters(own.tensors, parameters)),
    );
    const { inputs: rows } = randomExamples(3, shape, classes, 9);
    assertClose(await own.predict(parameters, rows), await predictElsewhere(files, rows, shape), 1e-5);
  }
});

test("a developer's model is exported under the names its topology gives", async () => {
  const inputs = { shape: [6], classes: 4 };
  const topology = layersTopology({
    model: { kind: 'mlp', layers: [6, 5, 4] },
    inputs: { ...inputs, ...normalisation },
  });
  const learner = await createLearner({ kind: 'layers', sha256: topologyHash(topology) }, inputs, { topology });
  assert.deepEqual(
    learner.tensors.map(({ name }) => name),
    ['dense1/kernel', 'dense1/bias', 'dense2/kernel', 'dense2/bias'],
  );
  const parameters = learner.initialise(3);
  const files = encodeLayersFiles(topology, splitParameters(learner.tensors, parameters));
  const { inputs: rows } = randomExamples(3, [6], 4, 9);
  const expected = await learner.predict(parameters, rows);
  await learner.close();
  assertClose(await predictElsewhere(files, rows, [6]), expected, 1e-6);
});

test("a developer's model reports the step in which it diverges", async () => {
  const inputs = { shape: [8], classes: 3 };
  const topology = layersTopology({
    model: { kind: 'mlp', layers: [8, 6, 3] },
    inputs: { ...inputs, ...normalisation },
  });
  const learner = await createLearner({ kind: 'layers', sha256: topologyHash(topology) }, inputs, { topology });
  const examples = randomExamples(30, [8], 3, 2);
  const options = { epochs: 1, batchSize: 7, learningRate: 0.01, seed: 5 };
  const [, [row]] = batchesOf(30, options);
  const poisoned = { ...examples, inputs: examples.inputs.with(row * 8 + 4, Number.NaN) };
  for (const [batchSize, step] of [
    [1, 8],
    [7, 2],
  ]) {
    await assert.rejects(
      learner.train(learner.initialise(1), poisoned, { ...options, batchSize }),
      (error: { code: string; meta: { step: number } }) => error.code === 'NOT_FINITE' && error.meta.step === step,
    );
  }
  await learner.close();
});

test('a topology is known by its hash and must fit', async () => {
  const inputs = { shape: [4], classes: 3 };
  const topology = layersTopology({ model: { kind: 'mlp', layers: [4, 3] }, inputs: { ...inputs, ...normalisation } });
  const model: ModelSpec = { kind: 'layers', sha256: topologyHash(topology) };
  assert.equal(topologyHash(JSON.parse(JSON.stringify(topology, null, 2))), model.sha256);
  await assert.rejects(createLearner(model, inputs), { code: 'INVALID_MODEL' });
  await assert.rejects(createLearner(model, inputs, { topology: { ...topology, extra: 1 } }), {
    code: 'INVALID_MODEL',
  });
  await assert.rejects(createLearner(model, { shape: [5], classes: 3 }, { topology }), { code: 'INVALID_MODEL' });
  await assert.rejects(createLearner(model, { shape: [4], classes: 2 }, { topology }), { code: 'INVALID_MODEL' });
  const junk = { class_name: 'Nonsense' };
  await assert.rejects(createLearner({ kind: 'layers', sha256: topologyHash(junk) }, inputs, { topology: junk }), {
    code: 'INVALID_MODEL',
  });
  const learner = await createLearner(model, inputs, { topology });
  const examples = randomExamples(6, [4], 3, 1);
  const w0 = learner.initialise(1);
  assert.deepEqual(w0, learner.initialise(1));
  assert.notDeepEqual(w0, learner.initialise(2));
  const poisoned = { ...examples, inputs: examples.inputs.with(5, Number.NaN) };
  assert.equal((await learner.label(w0, poisoned.inputs))[1], 0);
  const options = { epochs: 1, batchSize: 1, learningRate: 0.1, seed: 1 };
  await assert.rejects(learner.train(w0, poisoned, options), { code: 'NOT_FINITE' });
  await learner.close();
});
