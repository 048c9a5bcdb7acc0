/**
 * Bits of whole trainings with everything a model can be told: simd128 gives these on every host, in every thread. Where
 * a digest changes, published results can no longer be repeated.
 * @module
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { ModelSpec } from '../../node/consortium.ts';
import type { ModelLearner } from '../../node/learner/checkedLearner.ts';
import { createLearner } from '../../node/learner/learner.ts';
import type { Examples } from '../../node/types.ts';
import { randomExamples } from './data.ts';

const layers = [70, 37, 18, 5];

const digests: readonly (readonly [ModelSpec, string])[] = [
  [
    { kind: 'mlp', layers, optimiser: { kind: 'sgd', decay: 0.1 } },
    '44a1add6d1fb13599ecb6fffa278b80a186907d2f788da1ca4bc5a1593f80902',
  ],
  [
    { kind: 'mlp', layers, optimiser: { kind: 'sgd', momentum: 0.9 } },
    'a3e303bf4e276694abbb8167bd637c6964594109ddfb07dc765832365a8e6f95',
  ],
  [
    { kind: 'mlp', layers, optimiser: { kind: 'adam' } },
    '004340b8e91f6abd44f30fc1c76bbc6d164bff059989dea3715954194a35d515',
  ],
  [{ kind: 'mlp', layers, loss: 'squared' }, '1963c04b2460eeee7de75e01e781ac541bb33211555ca7646fa796123808d49f'],
  [{ kind: 'mlp', layers, output: 'sigmoid' }, 'c783aedff430732130c3e75b5bb299d541f7fa6c52b519c66b63568b70ad26c0'],
  [
    { kind: 'mlp', layers, output: 'sigmoid', loss: 'squared' },
    '1581a0cb4af09bb6e7ca8612d7ca2f556aec928f20e1c7754e3bfeb64d9a2b4d',
  ],
  [
    { kind: 'mlp', layers: [70, 19, 1], output: 'sigmoid' },
    'ce7e487a30ec8dbac9c6db31922507a2a67fb16c0f0a1469ae9a5307eca1087f',
  ],
  [{ kind: 'mlp', layers, dropout: 0.3 }, 'ae7b267e38f33971b5b39bda23157d28b666820547e53d0e813e65f511ce1210'],
  [{ kind: 'cnn', channels: 3 }, 'e96aa30fcd5f41fc3adb551a5396ea5fce09f7d0815a93b83ddebcc6cc7672cc'],
  [
    { kind: 'cnn', channels: 3, optimiser: { kind: 'sgd', momentum: 0.9 } },
    '23526ff3de09826cab783b103fded4b8adb15019ecda18fa198445a0dca92158',
  ],
  [
    { kind: 'cnn', channels: 1, optimiser: { kind: 'adam' } },
    'b9558d878697fd7168a27bf8d8982c0b007136e0846ef996f2626040090e70d4',
  ],
];

function inputsOf(model: ModelSpec) {
  if (model.kind === 'cnn') return { shape: [32, 32, model.channels], classes: 5, count: 15 };
  // More rows than one call into the kernels takes.
  const isSingle = model.kind === 'mlp' && model.layers.at(-1) === 1;
  return { shape: [70], classes: isSingle ? 2 : 5, count: 150 };
}

/** Of steps of one example and of seven: what they made of the parameters, and what these say of the examples. */
async function bitsOf(learner: ModelLearner, examples: Examples): Promise<(Float32Array | Uint8Array)[]> {
  const w0 = learner.initialise(3);
  const bits = [1, 7].map(async (batchSize) => {
    const trained = await learner.train(w0, examples, { epochs: 2, batchSize, learningRate: 0.02, seed: 4 });
    const { inputs } = examples;
    return [trained, await learner.predict(trained, inputs), await learner.label(trained, inputs)];
  });
  return (await Promise.all(bits)).flat();
}

for (const [model, expected] of digests) {
  test(`${JSON.stringify(model)} gives these bits on every host, with any number of threads`, async () => {
    const { shape, classes, count } = inputsOf(model);
    for (const threads of [0, 2]) {
      const learner = await createLearner(model, { shape, classes }, { threads });
      const hash = createHash('sha256');
      // Inputs with a background, and inputs that all differ.
      for (const density of [0.4, 1]) {
        const examples = randomExamples(count, shape, classes, 6, { density, common: -0.36 });
        for (const { buffer, byteOffset, byteLength } of await bitsOf(learner, examples)) {
          hash.update(new Uint8Array(buffer, byteOffset, byteLength));
        }
      }
      assert.equal(hash.digest('hex'), expected);
      await learner.close();
    }
  });
}
