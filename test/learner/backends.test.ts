/**
 * Which TensorFlow.js a developer's model runs on. tfjs-node cannot be installed everywhere, so a stand-in takes its
 * place: TensorFlow.js itself with the name and the backend of tfjs-node.
 * @module
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import util from 'node:util';
import type { ModelSpec } from '../../node/consortium.ts';
import { layersTopology } from '../../node/learner/layersFile.ts';
import { createLayersExecutor, topologyHash } from '../../node/learner/layersLearner.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { findBackends, type TensorFlow } from '../../node/learner/tensorflow.ts';
import { assertClose, randomExamples } from './data.ts';

const inputs = { shape: [6], classes: 4 };
const own: ModelSpec = { kind: 'mlp', layers: [6, 9, 4] };
const topology = layersTopology({ model: own, inputs: { ...inputs, mean: 0, stdDev: 1 } });
const model = { kind: 'layers', sha256: topologyHash(topology) } as const;

/** TensorFlow.js with a backend `tensorflow`, as tfjs-node brings it, that computes in JavaScript. */
function standIn(): TensorFlow {
  const require = createRequire(import.meta.url);
  const tf: TensorFlow = require('@tensorflow/tfjs');
  const { MathBackendCPU } = require('@tensorflow/tfjs-backend-cpu');
  if (tf.findBackendFactory('tensorflow') === null) {
    tf.registerBackend('tensorflow', () => new MathBackendCPU());
    tf.copyRegisteredKernels('cpu', 'tensorflow');
  }
  return tf;
}

test('tfjs-node is taken where it loads, with the helper that newer versions of Node lack', async () => {
  let helper: unknown;
  const backends = await findBackends(() => {
    helper = Reflect.get(util, 'isNullOrUndefined');
    return standIn();
  });
  const isNullOrUndefined = helper;
  assert.ok(typeof isNullOrUndefined === 'function');
  assert.deepEqual(
    [undefined, null, 0, ''].map((value) => isNullOrUndefined(value)),
    [true, true, false, false],
  );
  assert.deepEqual(
    backends.map(({ name }) => name),
    ['tfjs-node', 'tfjs wasm', 'tfjs cpu'],
  );
  const parts = await createLayersExecutor(model, topology, inputs, async () => backends);
  assert.equal(parts.backend, 'tfjs-node');
  const examples = randomExamples(20, inputs.shape, 4, 3);
  const options = { epochs: 2, batchSize: 4, learningRate: 0.05, seed: 8 };
  const learner = await createLearner(own, inputs);
  const w0 = learner.initialise(1);
  const trained = await parts.executor.train(w0, examples, options);
  assert.equal(backends[0].tf.getBackend(), 'tensorflow');
  assertClose(trained, await learner.train(w0, examples, options), 2e-5);
  await parts.executor.close();
});

test('where tfjs-node does not load or does not train, another backend is taken', async () => {
  const missing = await findBackends(() => {
    throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
  });
  assert.deepEqual(
    missing.map(({ name }) => name),
    ['tfjs wasm', 'tfjs cpu'],
  );
  const [wasm, cpu] = missing;
  const chosen = async (backends: typeof missing) => {
    const parts = await createLayersExecutor(model, topology, inputs, async () => backends);
    await parts.executor.close();
    return parts.backend;
  };
  assert.equal(await chosen(missing), 'tfjs wasm');
  const broken = { ...cpu, name: 'tfjs-node', activate: () => Promise.reject(new Error('no native library')) };
  assert.equal(await chosen([broken, wasm, cpu]), 'tfjs wasm');
  // A backend that computes something else: here, with the classes in reverse.
  const oneHot: TensorFlow['oneHot'] = (classOf, depth) => wasm.tf.oneHot(wasm.tf.sub(depth - 1, classOf), depth);
  const wrong = { ...wasm, tf: Object.create(wasm.tf, { oneHot: { value: oneHot } }) };
  assert.equal(await chosen([wrong, cpu]), 'tfjs cpu');
});
