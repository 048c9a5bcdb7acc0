/**
 * Whole training runs of the paper's models agree with TensorFlow.js to 1e-4 after 100 steps, on picture-like inputs. Takes
 * minutes where TensorFlow.js trains the CNN in plain JavaScript, seconds where it has its native library.
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelSpec } from '../../node/consortium.ts';
import { layersTopology, layersWeights } from '../../node/learner/layersFile.ts';
import { topologyHash } from '../../node/learner/layersLearner.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { splitParameters } from '../../node/learner/modelFile.ts';
import { assertClose, randomExamples } from '../learner/data.ts';

const inputs = { shape: [32, 32, 1], classes: 10 };
const options = { epochs: 2, batchSize: 1, learningRate: 0.02, seed: 8 };

for (const model of [
  { kind: 'mlp', layers: [1024, 128, 64, 10] },
  { kind: 'cnn', channels: 1 },
] satisfies ModelSpec[]) {
  test(`the paper's ${model.kind} agrees with TensorFlow.js after 100 steps`, async () => {
    const topology = layersTopology({ model, inputs: { ...inputs, mean: 0, stdDev: 1 } });
    const other = await createLearner({ kind: 'layers', sha256: topologyHash(topology) }, inputs, { topology });
    const examples = randomExamples(50, inputs.shape, 10, 3, { density: 0.2, common: -0.36 });
    let expected: Float32Array | undefined;
    for (const relaxed of [false, true]) {
      const own = await createLearner(model, inputs, { relaxed });
      /** The same parameters in the other's order: only the second convolution differs. */
      const translate = (parameters: Float32Array) =>
        Float32Array.from(layersWeights(splitParameters(own.tensors, parameters)).flatMap(({ values }) => [...values]));
      const w0 = own.initialise(1);
      const start = translate(w0);
      expected ??= await other.train(start, examples, options);
      const trained = translate(await own.train(w0, examples, options));
      assertClose(trained, expected, 1e-4);
      const moved = trained.reduce((most, value, at) => Math.max(most, Math.abs(value - start[at])), 0);
      assert.ok(moved > 0.01, `nothing moved by more than ${moved}`);
    }
    await other.close();
  });
}
