/**
 * Trains a TensorFlow.js Layers model step by step, so that the same seed gives the same steps.
 * @module
 */
import { setImmediate as letOthersIn } from 'node:timers/promises';
import type { LayersModel, layers, Optimizer } from '@tensorflow/tfjs';
import type { TrainOptions } from '../algorithm/ports.ts';
import { createSeededRandom } from '../random.ts';
import type { Examples } from '../types.ts';
import { type Optimiser, sizeOf } from './engine.ts';
import type { InputSpec } from './model.ts';
import type { TensorFlow } from './tensorflow.ts';
import { diverged } from './work.ts';

/** A layer of a model. */
type Layer = layers.Layer;

/** What {@link trainLayers} trains with. */
export interface LayersSetup {
  readonly tf: TensorFlow;
  readonly model: LayersModel;
  readonly inputs: InputSpec;
  readonly optimiser: Optimiser;
}

/** Step t of the optimiser: learningRate / (1 + decay·t). */
function createOptimizer(tf: TensorFlow, optimiser: Optimiser, learningRate: number) {
  if (optimiser.kind === 'adam') {
    const optimizer = tf.train.adam(learningRate, optimiser.beta1, optimiser.beta2);
    // Its learning rate is read in every step, but has no setter.
    return { optimizer, setRate: (rate: number) => Object.assign(optimizer, { learningRate: rate }) };
  }
  const { momentum } = optimiser;
  const optimizer = momentum > 0 ? tf.train.momentum(learningRate, momentum) : tf.train.sgd(learningRate);
  return { optimizer, setRate: (rate: number) => optimizer.setLearningRate(rate) };
}

/** All layers, those of models inside the model too. */
function allLayers(model: { readonly layers: readonly Layer[] }): Layer[] {
  return model.layers.flatMap((layer) =>
    'layers' in layer && Array.isArray(layer.layers) ? allLayers({ layers: layer.layers }) : [layer],
  );
}

/** Dropout layers. They draw from their seed anew in every step, and from an unseeded generator if they have none. */
function dropoutsOf(tf: TensorFlow, model: LayersModel): Layer[] {
  const [plain, spatial] = [tf.layers.dropout({ rate: 0 }), tf.layers.spatialDropout1d({ rate: 0 })];
  const kinds = [plain, spatial].map((layer) => layer.getClassName());
  return allLayers(model).filter((layer) => kinds.includes(layer.getClassName()));
}

/** Rows of inputs, one after the other. */
export function gather(inputs: Float32Array, features: number, rows: Uint32Array): Float32Array {
  const values = new Float32Array(rows.length * features);
  rows.forEach((row, index) => {
    values.set(inputs.subarray(row * features, (row + 1) * features), index * features);
  });
  return values;
}

/** Takes one step on the named rows; returns its loss. */
async function step(
  { tf, model, inputs: { shape, classes } }: LayersSetup,
  { inputs, labels }: Pick<Examples, 'inputs' | 'labels'>,
  rows: Uint32Array,
): Promise<number> {
  const x = tf.tensor(gather(inputs, sizeOf(shape), rows), [rows.length, ...shape]);
  const classOf = Array.from(rows, (row) => labels[row]);
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(classOf, 'int32'), classes));
  try {
    const loss = await model.trainOnBatch(x, y);
    return Array.isArray(loss) ? loss[0] : loss;
  } finally {
    tf.dispose([x, y]);
  }
}

/**
 * Trains the model in place, from the parameters it has.
 * @param watch - called after every step with its number, from 1.
 * @throws LearnerError `NOT_FINITE` with the step, if the loss shows it; whatever `watch` throws.
 */
export async function trainLayers(
  setup: LayersSetup,
  examples: Pick<Examples, 'inputs' | 'labels'>,
  { epochs, batchSize, learningRate, seed }: TrainOptions,
  watch?: (step: number) => Promise<void>,
): Promise<void> {
  const { tf, model, optimiser } = setup;
  const { optimizer, setRate } = createOptimizer(tf, optimiser, learningRate);
  model.compile({ optimizer: optimizer as Optimizer, loss: 'categoricalCrossentropy' });
  const random = createSeededRandom(seed);
  const masks = createSeededRandom(~seed);
  const dropouts = dropoutsOf(tf, model);
  try {
    let steps = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = random.permutation(examples.labels.length);
      for (let start = 0; start < order.length; start += batchSize) {
        setRate(learningRate / (1 + optimiser.decay * steps));
        // TensorFlow.js takes the seed 0 for none.
        for (const layer of dropouts) Object.assign(layer, { seed: 1 + masks.below(2 ** 31 - 1) });
        const loss = await step(setup, examples, order.subarray(start, start + batchSize));
        steps++;
        if (!Number.isFinite(loss)) throw diverged(steps, learningRate);
        await watch?.(steps);
        await letOthersIn();
      }
    }
  } finally {
    optimizer.dispose();
  }
}
