/**
 * Python reads what is exported: the model rebuilt there in a few lines of NumPy predicts the same. Takes the Python of
 * DPPDL_PYTHON (default python3); skipped where that has no NumPy and safetensors.
 * @module
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ModelSpec } from '../../node/consortium.ts';
import { encodeLayersFiles, layersTopology, layersWeights } from '../../node/learner/layersFile.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { encodeModelFile, splitParameters } from '../../node/learner/modelFile.ts';
import { assertClose, randomExamples } from './data.ts';

const python = process.env.DPPDL_PYTHON ?? 'python3';
const ready = spawnSync(python, ['-c', 'import numpy, safetensors']).status === 0;
const skip = ready ? false : `${python} has no numpy and safetensors`;

const models: readonly { model: ModelSpec; shape: readonly number[]; classes: number }[] = [
  { model: { kind: 'mlp', layers: [11, 7, 5, 3] }, shape: [11], classes: 3 },
  {
    model: { kind: 'mlp', layers: [9, 6, 1], output: 'sigmoid', loss: 'squared', dropout: 0.3 },
    shape: [9],
    classes: 2,
  },
  {
    model: { kind: 'mlp', layers: [9, 6, 4], output: 'sigmoid', optimiser: { kind: 'adam' } },
    shape: [3, 3, 1],
    classes: 4,
  },
  { model: { kind: 'cnn', channels: 1 }, shape: [32, 32, 1], classes: 10 },
  { model: { kind: 'cnn', channels: 3, optimiser: { kind: 'sgd', momentum: 0.9 } }, shape: [32, 32, 3], classes: 4 },
];
for (const { model, shape, classes } of models) {
  test(`NumPy predicts as ${JSON.stringify(model)} does`, { skip }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dppdl-'));
    try {
      const examples = randomExamples(12, shape, classes, 4);
      const learner = await createLearner(model, examples);
      const options = { epochs: 2, batchSize: 3, learningRate: 0.02, seed: 1 };
      const parameters = await learner.train(learner.initialise(1), examples, options);
      const description = { model, inputs: { shape: [...shape], classes, mean: 0, stdDev: 1 } };
      const files = encodeLayersFiles(
        layersTopology(description),
        layersWeights(splitParameters(learner.tensors, parameters)),
      );
      mkdirSync(join(folder, 'layers'));
      writeFileSync(join(folder, 'model.safetensors'), encodeModelFile(description, learner.tensors, parameters));
      writeFileSync(join(folder, 'layers', 'model.json'), files.model);
      writeFileSync(join(folder, 'layers', 'weights.bin'), files.weights);
      writeFileSync(join(folder, 'inputs.bin'), new Uint8Array(examples.inputs.buffer));
      const output = execFileSync(python, [join(import.meta.dirname, 'withNumpy.py'), folder], { encoding: 'utf8' });
      const expected = await learner.predict(parameters, examples.inputs);
      const both: number[][][] = JSON.parse(output);
      assert.equal(both.length, 2);
      for (const outputs of both) assertClose(outputs.flat(), expected, 1e-6);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
