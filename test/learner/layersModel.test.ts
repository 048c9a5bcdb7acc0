/**
 * Which topologies of a developer are taken: those with one input of fixed shape that end in a softmax over the classes,
 * wherever it stands, and no others.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import type { ModelSpec } from '../../node/consortium.ts';
import { exitCodeOf } from '../../node/failure.ts';
import { identifyTopology, topologyHash } from '../../node/learner/layersLearner.ts';
import { createLearner } from '../../node/learner/learner.ts';

const inputs = { shape: [6], classes: 4 };
const { activation, dense, dropout, globalAveragePooling1d, reLU, reshape, softmax } = tf.layers;

/** What TensorFlow.js writes of a model. */
function topologyOf(model: tf.LayersModel): object {
  return JSON.parse(JSON.stringify(model.toJSON(undefined, false)));
}

/** A model that begins with six inputs and nine hidden units. */
function sequence(...ends: readonly tf.layers.Layer[]): tf.Sequential {
  return tf.sequential({ layers: [dense({ units: 9, activation: 'relu', inputShape: [6] }), ...ends] });
}

function create(topology: object, threads = 0) {
  const model: ModelSpec = { kind: 'layers', sha256: topologyHash(topology) };
  return createLearner(model, inputs, { topology, threads });
}

describe('a topology', () => {
  for (const [where, model] of [
    ['in the last fully connected layer', sequence(dense({ units: 4, activation: 'softmax' }))],
    ['as a layer of its own', sequence(dense({ units: 4 }), softmax())],
    ['over the last axis', sequence(dense({ units: 4 }), softmax({ axis: -1 }))],
    ['as an activation of its own', sequence(dense({ units: 4 }), activation({ activation: 'softmax' }))],
    [
      'in a model inside',
      sequence(tf.sequential({ layers: [dense({ units: 4, activation: 'softmax', inputShape: [9] })] })),
    ],
  ] as const) {
    it(`is taken with its softmax ${where}`, async () => {
      const topology = topologyOf(model);
      assert.equal((await identifyTopology(topology)).classes, 4);
      const learner = await create(topology);
      const outputs = await learner.predict(learner.initialise(1), Float32Array.of(1, 2, 3, 4, 5, 6));
      assert.ok(Math.abs(outputs.reduce((sum, value) => sum + value) - 1) < 1e-6);
      await learner.close();
    });
  }

  for (const [what, model, named] of [
    ['a sigmoid', sequence(dense({ units: 4, activation: 'sigmoid', name: 'scores' })), /scores \(Dense, sigmoid\)/],
    ['bare sums', sequence(dense({ units: 4, name: 'sums' })), /sums \(Dense, linear\)/],
    ['another activation', sequence(dense({ units: 4 }), reLU({ name: 'rectified' })), /rectified \(ReLU\)/],
    [
      'something after the softmax',
      sequence(dense({ units: 4, activation: 'softmax' }), dropout({ rate: 0.5, name: 'gaps' })),
      /gaps \(Dropout\)/,
    ],
    ['a softmax over the rows', sequence(dense({ units: 4 }), softmax({ axis: 0, name: 'rows' })), /rows \(Softmax\)/],
    [
      'a sigmoid in a model inside',
      sequence(
        tf.sequential({ layers: [dense({ units: 4, activation: 'sigmoid', name: 'within', inputShape: [9] })] }),
      ),
      /within \(Dense, sigmoid\)/,
    ],
    [
      'a softmax at every step of a sequence',
      sequence(reshape({ targetShape: [3, 3] }), dense({ units: 4, activation: 'softmax', name: 'steps' })),
      /steps, whose outputs have shape 3×4/,
    ],
    [
      'a softmax over the steps of a sequence',
      sequence(reshape({ targetShape: [3, 3] }), dense({ units: 4 }), softmax({ axis: 1, name: 'across' })),
      /across, whose outputs have shape 3×4/,
    ],
  ] as const) {
    it(`is refused that ends in ${what}, by the name of that layer`, async () => {
      const topology = topologyOf(model);
      const refused = (error: { code: string; message: string }) => {
        assert.equal(error.code, 'INVALID_MODEL');
        assert.match(error.message, named);
        return exitCodeOf(error) === 9;
      };
      await assert.rejects(create(topology), refused);
      await assert.rejects(identifyTopology(topology), refused);
    });
  }

  it('is refused in a thread as without', async () => {
    const topology = topologyOf(sequence(dense({ units: 4 })));
    await assert.rejects(create(topology, 1), { code: 'INVALID_MODEL' });
  });

  it('is refused with more than one output, and with more or fewer outputs than there are classes', async () => {
    const input = tf.input({ shape: [6] });
    const outputs = [1, 2].map(() => dense({ units: 4, activation: 'softmax' }).apply(input));
    const twofold = tf.model({
      inputs: input,
      outputs: outputs.filter((output) => output instanceof tf.SymbolicTensor),
    });
    await assert.rejects(create(topologyOf(twofold)), { code: 'INVALID_MODEL', message: /2 outputs/ });
    for (const units of [3, 5]) {
      const topology = topologyOf(sequence(dense({ units, activation: 'softmax' })));
      await assert.rejects(create(topology), {
        code: 'INVALID_MODEL',
        message: new RegExp(`6 to ${units};.* 4 classes`),
      });
    }
  });

  it('is refused if it leaves a dimension of its inputs open', async () => {
    const topology = topologyOf(
      tf.sequential({
        layers: [
          dense({ units: 5, inputShape: [null, 6] }),
          globalAveragePooling1d(),
          dense({ units: 4, activation: 'softmax' }),
        ],
      }),
    );
    const refused = { code: 'INVALID_MODEL', message: /shape open×6/ };
    await assert.rejects(create(topology), refused);
    await assert.rejects(identifyTopology(topology), refused);
  });

  it('is refused for inputs of another shape', async () => {
    const topology = topologyOf(sequence(dense({ units: 4, activation: 'softmax' })));
    const model: ModelSpec = { kind: 'layers', sha256: topologyHash(topology) };
    for (const shape of [[7], [2, 3], [6, 1]]) {
      const made = createLearner(model, { shape, classes: 4 }, { topology });
      await assert.rejects(made, { code: 'INVALID_MODEL', message: /maps 6 to 4/ });
    }
  });
});
