/**
 * `dppdl model identify` names a developer's model. `dppdl model export` and `dppdl predict`: what a node trained leaves
 * its state whole and classifies new data.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { readNodeConfig } from '../../node/config.ts';
import { readExamples } from '../../node/dataset/readExamples.ts';
import { readNodeSecret } from '../../node/keystore.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { decodeModelFile } from '../../node/learner/modelFile.ts';
import { createNodeKeys } from '../../node/nodeKeys.ts';
import { createSqliteStore } from '../../node/store/sqliteStore.ts';
import { dppdl } from './cli.ts';
import { consortium, createSite, writeConfig } from './site.ts';

describe('dppdl model and predict', () => {
  let folder = '';
  let config = '';
  let parameters: Float32Array;
  let alone: Float32Array;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-model-'));
    const site = await createSite(folder, {
      rpcUrl: 'http://127.0.0.1:1',
      contract: `0x${'11'.repeat(20)}`,
      accountKey: `0x${'22'.repeat(32)}`,
    });
    config = await writeConfig(folder, site);
    const resolved = await readNodeConfig(config);
    const { train } = await readExamples(resolved.data, consortium.inputs);
    const learner = await createLearner(consortium.model, consortium.inputs);
    alone = learner.initialise(5);
    parameters = await learner.train(alone, train, { epochs: 60, batchSize: 4, learningRate: 0.1, seed: 1 });
  });
  after(() => rm(folder, { recursive: true }));

  const exportTo = (output: string, ...more: string[]) =>
    dppdl(['model', 'export', '--config', config, '--output', join(folder, output), ...more]);

  it('identifies a topology, and refuses one with an open input', async () => {
    const identify = async (inputShape: (number | null)[]) => {
      const layers = [
        tf.layers.dense({ units: 5, inputShape }),
        tf.layers.globalAveragePooling1d(),
        tf.layers.dense({ units: 3, activation: 'softmax' }),
      ];
      const modelTopology: unknown = tf.sequential({ layers }).toJSON(undefined, false);
      const file = join(folder, 'topology.json');
      await writeFile(file, JSON.stringify({ modelTopology }));
      return dppdl(['model', 'identify', '--topology', file]);
    };
    const { exitCode, stdout } = await identify([2, 6]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /shape: +2 × 6\nclasses: +3\nparameters: +53\n/);
    const open = await identify([null, 6]);
    assert.equal(open.exitCode, 9);
    assert.match(open.stderr, /open×6/);
  });

  it('says so when there is nothing to export', async () => {
    const { exitCode, stderr } = await exportTo('early.safetensors');
    assert.equal(exitCode, 2);
    assert.match(stderr, /not trained/);
  });

  it('exports the model of the last round, or the one trained alone', async () => {
    const resolved = await readNodeConfig(config);
    const secret = await readNodeSecret(resolved.keys.node, 'correct horse');
    const store = createSqliteStore({ folder: resolved.dataFolder, secret: createNodeKeys(secret).storeKey });
    await store.saveCheckpoint({ round: 2, parameters, alone, credibility: [0, 1], silence: [0, 0] });
    store.close();
    const { exitCode, stdout } = await exportTo('model.safetensors', '--json');
    assert.equal(exitCode, 0);
    assert.equal(JSON.parse(stdout).round, 2);
    const file = decodeModelFile(await readFile(join(folder, 'model.safetensors')));
    assert.deepEqual(file.parameters, parameters);
    assert.deepEqual(file.description, { model: consortium.model, inputs: consortium.inputs });
    await exportTo('alone.safetensors', '--alone');
    assert.deepEqual(decodeModelFile(await readFile(join(folder, 'alone.safetensors'))).parameters, alone);
  });

  it('exports a TensorFlow.js model', async () => {
    const { exitCode } = await exportTo('layers', '--format', 'layers');
    assert.equal(exitCode, 0);
    const { weightsManifest } = JSON.parse(await readFile(join(folder, 'layers/model.json'), 'utf8'));
    assert.equal(weightsManifest[0].weights.length, 4);
    const weights = await readFile(join(folder, 'layers/weights.bin'));
    assert.deepEqual(new Float32Array(Uint8Array.from(weights).buffer), parameters);
  });

  it('classifies pictures and arrays', async () => {
    const predict = (...parameters: string[]) =>
      dppdl(['predict', '--model', join(folder, 'model.safetensors'), ...parameters]);
    const pictures = await predict('--inputs', join(folder, 'data/images'));
    assert.equal(pictures.exitCode, 0);
    const labels = pictures.stdout.trim().split('\n');
    assert.deepEqual(
      labels,
      Array.from({ length: 40 }, (_, row) => String(row % 2)),
    );

    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 16), }\n";
    const array = Buffer.concat([
      Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]),
      Buffer.from(header),
      Buffer.from(new Float32Array(16).fill(0.1).buffer),
    ]);
    await writeFile(join(folder, 'new.npy'), array);
    const table = await predict('--inputs', join(folder, 'new.npy'), '--probabilities');
    const [head, row] = table.stdout.trim().split('\n');
    assert.equal(head, 'class,p0,p1');
    const [, p0, p1] = row.split(',').map(Number);
    assert.ok(Math.abs(p0 + p1 - 1) < 1e-5);
    const json = await predict('--inputs', join(folder, 'new.npy'), '--probabilities', '--json');
    assert.deepEqual(JSON.parse(json.stdout), { classes: [p0 > p1 ? 0 : 1], probabilities: [[p0, p1]] });
    const file = join(folder, 'classes.json');
    const written = await predict('--inputs', join(folder, 'data/images'), '--json', '--output', file);
    assert.equal(written.stdout, '');
    assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { classes: labels.map(Number) });
    const learner = await createLearner(consortium.model, consortium.inputs);
    const [expected] = await learner.predict(parameters, new Float32Array(16));
    assert.ok(Math.abs(p0 - expected) < 1e-5);
  });

  it('reads safetensors only, and says so', async () => {
    for (const [model, expected] of [
      ['layers/model.json', 9],
      ['layers/weights.bin', 9],
      ['layers', 2],
    ] as const) {
      const words = ['--model', join(folder, model), '--inputs', join(folder, 'data/images')];
      const { exitCode, stderr } = await dppdl(['predict', ...words]);
      assert.equal(exitCode, expected);
      assert.match(stderr, /safetensors file/);
    }
  });

  it('refuses files that are no model', async () => {
    const { exitCode } = await dppdl(['predict', '--model', config, '--inputs', join(folder, 'data/images')]);
    assert.equal(exitCode, 9);
    const json = await dppdl(['predict', '--model', config, '--inputs', join(folder, 'data/images'), '--json']);
    assert.equal(JSON.parse(json.stderr).error.exitCode, 9);
  });
});
