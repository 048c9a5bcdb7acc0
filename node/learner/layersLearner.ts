/**
 * The Learner port for a developer's own TensorFlow.js Layers model. Its topology is identified by a hash that the
 * consortium file carries. Order of the flat vector: the model's weights in the order of its layers, each row-major.
 * @module
 */
import { createHash } from 'node:crypto';
import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import type { TrainOptions } from '../algorithm/ports.ts';
import { canonicalJson } from '../consortium.ts';
import { createSeededRandom } from '../random.ts';
import type { Examples } from '../types.ts';
import type { Executor } from './checkedLearner.ts';
import { type ParameterTensor, sizeOf } from './engine.ts';
import { LearnerError } from './errors.ts';
import { uniformParameters } from './initialise.ts';
import type { InputSpec } from './model.ts';
import { splitParameters } from './modelFile.ts';
import { type Backend, findBackends, type TensorFlow } from './tensorflow.ts';
import { diverged } from './work.ts';

/** Rows predicted at a time. */
const blockRows = 256;

/** SHA-256 of a topology's canonical JSON, hexadecimal: it depends neither on the order of keys nor on spaces. */
export function topologyHash(topology: unknown): string {
  return createHash('sha256').update(canonicalJson(topology)).digest('hex');
}

/** What {@link createLayersExecutor} makes. */
export interface LayersModelParts {
  readonly executor: Executor;
  readonly tensors: readonly ParameterTensor[];
  readonly outputs: number;
  readonly backend: string;
  initialise(seed: number): Float32Array;
}

function invalid(message: string, action: string, cause?: unknown): LearnerError {
  return new LearnerError('INVALID_MODEL', message, { fault: 'self', action, cause });
}

async function build(tf: TensorFlow, topology: object, { shape, classes }: InputSpec): Promise<LayersModel> {
  let model: LayersModel;
  try {
    model = await tf.loadLayersModel({ load: async () => ({ modelTopology: topology }) });
  } catch (cause) {
    throw invalid(
      'The topology is not a TensorFlow.js Layers model.',
      'Give the modelTopology of a model.json.',
      cause,
    );
  }
  const [input, output] = [model.inputs[0].shape.slice(1), model.outputs[0].shape.slice(1)];
  const fits = canonicalJson(input) === canonicalJson(shape) && output.length === 1;
  if (model.inputs.length === 1 && model.outputs.length === 1 && fits && output[0] === classes) return model;
  throw invalid(
    `The topology maps ${input.join('×')} to ${output.join('×')}; the data have shape ${shape.join('×')} and ${classes} classes.`,
    'Make the model fit inputs.shape and inputs.classes, with a softmax over the classes at the end.',
  );
}

/** Copies a flat vector into a model. */
function load(tf: TensorFlow, model: LayersModel, tensors: readonly ParameterTensor[], parameters: Float32Array): void {
  tf.tidy(() => {
    model.setWeights(
      splitParameters(tensors, parameters).map(({ values, shape }) => tf.tensor(values.slice(), [...shape], 'float32')),
    );
  });
}

/** Copies a model's weights out. */
async function read(model: LayersModel): Promise<Float32Array> {
  const parts = await Promise.all(model.getWeights().map((weight) => weight.data()));
  const parameters = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    parameters.set(part, start);
    start += part.length;
  }
  return parameters;
}

/** Rows of inputs as a tensor's values. */
function gather(inputs: Float32Array, features: number, rows: Uint32Array): Float32Array {
  const values = new Float32Array(rows.length * features);
  rows.forEach((row, index) => {
    values.set(inputs.subarray(row * features, (row + 1) * features), index * features);
  });
  return values;
}

async function train(
  tf: TensorFlow,
  model: LayersModel,
  { shape, classes }: InputSpec,
  { inputs, labels }: Pick<Examples, 'inputs' | 'labels'>,
  { epochs, batchSize, learningRate, seed }: TrainOptions,
): Promise<Float32Array> {
  const optimizer = tf.train.sgd(learningRate);
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  const random = createSeededRandom(seed);
  let steps = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = random.permutation(labels.length);
    for (let start = 0; start < order.length; start += batchSize) {
      const rows = order.subarray(start, start + batchSize);
      steps++;
      const x = tf.tensor(gather(inputs, sizeOf(shape), rows), [rows.length, ...shape]);
      const y = tf.tidy(() =>
        tf.oneHot(
          tf.tensor1d(
            [...rows].map((row) => labels[row]),
            'int32',
          ),
          classes,
        ),
      );
      const loss = await model.trainOnBatch(x, y);
      tf.dispose([x, y]);
      if (!Number.isFinite(Array.isArray(loss) ? loss[0] : loss)) throw diverged(steps, learningRate);
    }
  }
  const parameters = await read(model);
  if (!parameters.every(Number.isFinite)) throw diverged(steps, learningRate);
  return parameters;
}

async function predict(
  tf: TensorFlow,
  model: LayersModel,
  { shape, classes }: InputSpec,
  inputs: Float32Array,
): Promise<Float32Array> {
  const features = sizeOf(shape);
  const count = inputs.length / features;
  const outputs = new Float32Array(count * classes);
  for (let from = 0; from < count; from += blockRows) {
    const to = Math.min(from + blockRows, count);
    const block = tf.tidy((): Tensor => {
      const result = model.predict(tf.tensor(inputs.slice(from * features, to * features), [to - from, ...shape]));
      return Array.isArray(result) ? result[0] : result;
    });
    outputs.set(await block.data(), from * classes);
    block.dispose();
  }
  return outputs;
}

/** One step on two rows from fixed parameters: shows whether a backend can train the model, and how. */
async function probe(backend: Backend, topology: object, inputs: InputSpec): Promise<Float32Array> {
  await backend.activate();
  const model = await build(backend.tf, topology, inputs);
  try {
    const tensors = describe(model);
    load(backend.tf, model, tensors, uniformParameters(tensors, 1));
    const random = createSeededRandom(1);
    const examples = {
      inputs: Float32Array.from({ length: 2 * sizeOf(inputs.shape) }, () => random.uniform()),
      labels: Uint8Array.of(0, 1),
    };
    return await train(backend.tf, model, inputs, examples, { epochs: 1, batchSize: 2, learningRate: 0.1, seed: 1 });
  } finally {
    model.dispose();
  }
}

function agree(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, index) => Math.abs(value - b[index]) <= 1e-3);
}

/** The fastest backend that trains the model as plain JavaScript does: some lack kernels, some have wrong ones. */
async function chooseBackend(topology: object, inputs: InputSpec): Promise<Backend> {
  const backends = await findBackends();
  const last = backends[backends.length - 1];
  if (backends.length === 1) return last;
  const expected = await probe(last, topology, inputs);
  for (const backend of backends.slice(0, -1)) {
    const result = await probe(backend, topology, inputs).catch(() => undefined);
    if (result !== undefined && agree(result, expected)) return backend;
  }
  await last.activate();
  return last;
}

/** The model's weights as tensors of the flat vector. */
function describe(model: LayersModel): ParameterTensor[] {
  return model.weights.map((weight) => {
    const shape = weight.shape.map((edge) => edge ?? 0);
    return { name: weight.name, shape, fanIn: Math.max(1, sizeOf(shape.slice(0, -1))) };
  });
}

/**
 * Prepares a developer's model.
 * @param topology - the `modelTopology` of a `model.json`; one input, one softmax output.
 * @throws {@link LearnerError} `INVALID_MODEL`: wrong hash, no Layers model, or it does not fit the data.
 */
export async function createLayersExecutor(
  sha256: string,
  topology: object,
  inputs: InputSpec,
): Promise<LayersModelParts> {
  const found = topologyHash(topology);
  if (found !== sha256) {
    throw invalid(
      `The topology has hash ${found}, the consortium agreed on ${sha256}.`,
      'Use the file all parties share.',
    );
  }
  const backend = await chooseBackend(topology, inputs);
  const { tf } = backend;
  const model = await build(tf, topology, inputs);
  const tensors = describe(model);
  const fresh = await read(model);
  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(async () => {
      await backend.activate();
      return work();
    });
    turn = mine.catch(() => undefined);
    return mine;
  }
  const outputsOf = (parameters: Float32Array, rows: Float32Array) =>
    inTurn(() => {
      load(tf, model, tensors, parameters);
      return predict(tf, model, inputs, rows);
    });
  return {
    tensors,
    outputs: inputs.classes,
    backend: backend.name,
    initialise(seed) {
      // What the model's own initialisers make constant (biases, scales) stays; what they draw is drawn here.
      const drawn = splitParameters(tensors, uniformParameters(tensors, seed));
      splitParameters(tensors, fresh).forEach(({ values }, index) => {
        if (values.every((value) => value === values[0])) drawn[index].values.set(values);
      });
      return Float32Array.from(drawn.flatMap(({ values }) => [...values]));
    },
    executor: {
      train: (parameters, examples, options) =>
        inTurn(() => {
          load(tf, model, tensors, parameters);
          return train(tf, model, inputs, examples, options);
        }),
      async label(parameters, rows) {
        const outputs = await outputsOf(parameters, rows);
        const { classes } = inputs;
        return Uint8Array.from({ length: outputs.length / classes }, (_, row) => {
          const probabilities = outputs.subarray(row * classes, (row + 1) * classes);
          return probabilities.indexOf(Math.max(...probabilities));
        });
      },
      predict: outputsOf,
      memoryBytes: () => tf.memory().numBytes,
      async close() {
        await turn;
        model.dispose();
      },
    },
  };
}
