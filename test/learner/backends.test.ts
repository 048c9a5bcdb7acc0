/**
 * Which TensorFlow.js a developer's model runs on. tfjs-node cannot be installed everywhere, so a stand-in takes its
 * place: TensorFlow.js itself with the name and the backend of tfjs-node. Where tfjs-node is installed, it is tested too.
 * @module
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import util from 'node:util';
import type { ModelSpec } from '../../node/consortium.ts';
import { layersTopology } from '../../node/learner/layersFile.ts';
import { createLayersWork, topologyHash } from '../../node/learner/layersLearner.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { findBackends, nativeName, type TensorFlow } from '../../node/learner/tensorflow.ts';
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
  assert.equal(Reflect.get(util, 'isArray'), Array.isArray);
  assert.deepEqual(
    backends.map(({ name }) => name),
    ['tfjs-node', 'tfjs wasm', 'tfjs cpu'],
  );
  const work = await createLayersWork({ model, topology, inputs }, async () => backends);
  assert.equal(work.description.backend, 'tfjs-node');
  const examples = randomExamples(20, inputs.shape, 4, 3);
  const options = { epochs: 2, batchSize: 4, learningRate: 0.05, seed: 8 };
  const learner = await createLearner(own, inputs);
  const w0 = learner.initialise(1);
  const trained = await work.executor.train(w0, examples, options);
  assert.equal(backends[0].tf.getBackend(), 'tensorflow');
  assertClose(trained, await learner.train(w0, examples, options), 2e-5);
  await work.executor.close();
});

const installed = (await findBackends()).some(({ name }) => name === nativeName);
const skip = installed ? false : 'tfjs-node is not installed, or its native library is not';
for (const [own, shape] of [
  [{ kind: 'mlp', layers: [40, 30, 10], dropout: 0.3 }, [40]],
  [{ kind: 'cnn', channels: 1 }, [32, 32, 1]],
] as const) {
  test(`tfjs-node trains and labels a developer's ${own.kind} as plain JavaScript does, in a thread too`, {
    skip,
  }, async () => {
    const spec: ModelSpec = own.kind === 'mlp' ? { ...own, layers: [...own.layers] } : own;
    const inputs = { shape, classes: 10 };
    const topology = layersTopology({ model: spec, inputs: { ...inputs, shape: [...shape], mean: 0, stdDev: 1 } });
    const model = { kind: 'layers', sha256: topologyHash(topology) } as const;
    const examples = randomExamples(4, shape, 10, 3);
    const options = { epochs: 1, batchSize: 2, learningRate: 0.05, seed: 8 };
    const plain = await createLayersWork({ model, inputs, topology }, async () => (await findBackends()).slice(-1));
    assert.equal(plain.description.backend, 'tfjs cpu');
    let native: Float32Array | undefined;
    for (const threads of [0, 2]) {
      const learner = await createLearner(model, inputs, { topology, threads });
      assert.equal(learner.backend, nativeName);
      const w0 = learner.initialise(1);
      const trained = await learner.train(w0, examples, options);
      assertClose(trained, await plain.executor.train(w0, examples, options), 1e-5);
      assertClose(
        await learner.predict(trained, examples.inputs),
        await plain.executor.predict(trained, examples.inputs),
        1e-5,
      );
      assert.deepEqual(
        await learner.label(trained, examples.inputs),
        await plain.executor.label(trained, examples.inputs, undefined),
      );
      native ??= trained;
      assert.deepEqual(trained, native);
      await learner.close();
    }
    await plain.executor.close();
  });
}

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
    const work = await createLayersWork({ model, topology, inputs }, async () => backends);
    await work.executor.close();
    return work.description.backend;
  };
  assert.equal(await chosen(missing), 'tfjs wasm');
  const broken = { ...cpu, name: 'tfjs-node', activate: () => Promise.reject(new Error('no native library')) };
  assert.equal(await chosen([broken, wasm, cpu]), 'tfjs wasm');
  // A backend that computes something else: here, with the classes in reverse.
  const oneHot: TensorFlow['oneHot'] = (classOf, depth) => wasm.tf.oneHot(wasm.tf.sub(depth - 1, classOf), depth);
  const wrong = { ...wasm, tf: Object.create(wasm.tf, { oneHot: { value: oneHot } }) };
  assert.equal(await chosen([wrong, cpu]), 'tfjs cpu');
});
