/**
 * The Learner port for a developer's own TensorFlow.js Layers model. Its topology is identified by a hash that the
 * consortium file carries. Order of the flat vector: the model's weights in the order of its layers, each row-major.
 * @module
 */
import { createHash } from 'node:crypto';
import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import type { TrainOptions } from '../algorithm/ports.ts';
import { canonicalJson, type ModelSpec } from '../consortium.ts';
import { createSeededRandom } from '../random.ts';
import type { Examples } from '../types.ts';
import type { Executor } from './checkedLearner.ts';
import { type Optimiser, type ParameterTensor, sizeOf } from './engine.ts';
import { LearnerError } from './errors.ts';
import { uniformParameters } from './initialise.ts';
import { type LayersSetup, trainLayers } from './layersTraining.ts';
import { type InputSpec, optimiserOf } from './model.ts';
import { splitParameters } from './modelFile.ts';
import { type Backend, findBackends, type TensorFlow } from './tensorflow.ts';
import { diverged } from './work.ts';

/** Rows predicted at a time. */
const blockRows = 256;
/** What backends are tried with. */
const plain: Optimiser = { kind: 'sgd', momentum: 0, decay: 0 };

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

/** Trains from `parameters`; returns what they became. */
async function train(
  setup: LayersSetup,
  tensors: readonly ParameterTensor[],
  parameters: Float32Array,
  examples: Pick<Examples, 'inputs' | 'labels'>,
  options: TrainOptions,
): Promise<Float32Array> {
  load(setup.tf, setup.model, tensors, parameters);
  await trainLayers(setup, examples, options);
  const trained = await read(setup.model);
  const { epochs, batchSize, learningRate } = options;
  if (trained.every(Number.isFinite)) return trained;
  throw diverged(epochs * Math.ceil(examples.labels.length / batchSize), learningRate);
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

/** What a backend makes of one step on two rows: shows whether it can train the model, and how. */
async function probe(backend: Backend, topology: object, inputs: InputSpec): Promise<Float32Array> {
  await backend.activate();
  const model = await build(backend.tf, topology, inputs);
  try {
    const tensors = describe(model);
    const random = createSeededRandom(1);
    const examples = {
      inputs: Float32Array.from({ length: 2 * sizeOf(inputs.shape) }, () => random.uniform()),
      labels: Uint8Array.of(0, 1),
    };
    const setup = { tf: backend.tf, model, inputs, optimiser: plain };
    const options = { epochs: 1, batchSize: 2, learningRate: 0.1, seed: 1 };
    return await train(setup, tensors, uniformParameters(tensors, 1), examples, options);
  } finally {
    model.dispose();
  }
}

function agree(a: Float32Array, b: Float32Array, tolerance: number): boolean {
  return a.length === b.length && a.every((value, index) => Math.abs(value - b[index]) <= tolerance);
}

/** A backend that trains the model, and what it made of the probe. */
interface Choice {
  readonly backend: Backend;
  readonly probed: Float32Array;
}

/** The fastest backend that trains the model as it should: some lack kernels, some have wrong ones. */
async function chooseBackend(backends: readonly Backend[], topology: object, inputs: InputSpec): Promise<Choice> {
  const last = backends[backends.length - 1];
  for (const backend of backends.slice(0, -1)) {
    const probed = await probe(backend, topology, inputs).catch(() => undefined);
    if (probed === undefined) continue;
    if (backend.trusted) return { backend, probed };
    const expected = await probe(last, topology, inputs);
    return agree(probed, expected, 1e-3) ? { backend, probed } : { backend: last, probed: expected };
  }
  return { backend: last, probed: await probe(last, topology, inputs) };
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
 * @param findAll - where to look for TensorFlow.js.
 * @throws {@link LearnerError} `INVALID_MODEL`: wrong hash, no Layers model, it does not fit the data, or its training
 * cannot be repeated.
 */
export async function createLayersExecutor(
  { sha256, optimiser }: Extract<ModelSpec, { kind: 'layers' }>,
  topology: object,
  inputs: InputSpec,
  findAll: () => Promise<readonly Backend[]> = findBackends,
): Promise<LayersModelParts> {
  const found = topologyHash(topology);
  if (found !== sha256) {
    throw invalid(
      `The topology has hash ${found}, the consortium agreed on ${sha256}.`,
      'Use the file all parties share.',
    );
  }
  const { backend, probed } = await chooseBackend(await findAll(), topology, inputs);
  if (!agree(await probe(backend, topology, inputs), probed, 1e-6)) {
    throw invalid(
      'The model draws random numbers that follow no seed, so its training cannot be repeated.',
      'Use no random layers but Dropout and SpatialDropout1D.',
    );
  }
  const { tf } = backend;
  const model = await build(tf, topology, inputs);
  const tensors = describe(model);
  const fresh = await read(model);
  const setup = { tf, model, inputs, optimiser: optimiserOf(optimiser) };
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
      train: (parameters, examples, options) => inTurn(() => train(setup, tensors, parameters, examples, options)),
      async label(parameters, rows) {
        const outputs = await outputsOf(parameters, rows);
        const { classes } = inputs;
        return Uint8Array.from({ length: outputs.length / classes }, (_, row) => {
          const probabilities = outputs.subarray(row * classes, (row + 1) * classes);
          // As the kernels do: the first of the largest, and class 0 where nothing is larger than not-a-number.
          return probabilities.reduce((best, value, label) => (value > probabilities[best] ? label : best), 0);
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
