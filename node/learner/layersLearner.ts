/**
 * The Learner port for a developer's own TensorFlow.js Layers model. Its topology is identified by a hash that the
 * consortium file carries. Order of the flat vector: the model's weights in the order of its layers, each row-major.
 * @module
 */
import { createHash } from 'node:crypto';
import { setImmediate as letOthersIn } from 'node:timers/promises';
import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import type { TrainOptions } from '../algorithm/ports.ts';
import { canonicalJson } from '../consortium.ts';
import { createSeededRandom } from '../random.ts';
import type { Examples } from '../types.ts';
import type { Executor } from './checkedLearner.ts';
import { type Optimiser, type ParameterTensor, sizeOf } from './engine.ts';
import { createTurns } from './executors.ts';
import { uniformParameters } from './initialise.ts';
import type { LayersDescription, LayersWorkerSetup } from './job.ts';
import { buildModel, buildModelFor, invalidTopology } from './layersModel.ts';
import { gather, type LayersSetup, trainLayers } from './layersTraining.ts';
import { type InputSpec, optimiserOf } from './model.ts';
import { splitParameters } from './modelFile.ts';
import { type Backend, findBackends, type TensorFlow } from './tensorflow.ts';
import { allRows, diverged } from './work.ts';

/** Rows predicted at a time. */
const blockRows = 256;
/** What backends are tried with. */
const plain: Optimiser = { kind: 'sgd', momentum: 0, decay: 0 };

/** SHA-256 of a topology's canonical JSON, hexadecimal: it depends neither on the order of keys nor on spaces. */
export function topologyHash(topology: unknown): string {
  return createHash('sha256').update(canonicalJson(topology)).digest('hex');
}

/** What a consortium file says of a developer's model, and whoever deploys its ledger must know. */
export interface LayersIdentity {
  readonly sha256: string;
  /** Shape of one input, and number of classes. */
  readonly shape: readonly number[];
  readonly classes: number;
  readonly parameterCount: number;
}

/** A developer's model, ready to be trained. */
export interface LayersWork {
  readonly executor: Executor;
  readonly description: LayersDescription;
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
async function read(model: LayersModel): Promise<Float32Array<ArrayBuffer>> {
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
): Promise<Float32Array<ArrayBuffer>> {
  load(setup.tf, setup.model, tensors, parameters);
  await trainLayers(setup, examples, options);
  const trained = await read(setup.model);
  if (trained.every(Number.isFinite)) return trained;
  // Some backends' ReLU makes 0 of not-a-number, so that the loss shows nothing. Once more, looking at the parameters.
  load(setup.tf, setup.model, tensors, parameters);
  await trainLayers(setup, examples, options, async (step) => {
    const now = await read(setup.model);
    if (!now.every(Number.isFinite)) throw diverged(step, options.learningRate);
  });
  throw diverged(options.epochs * Math.ceil(examples.labels.length / options.batchSize), options.learningRate);
}

/** The outputs of the rows that `order` names; float32 [order × classes]. */
async function predict(
  tf: TensorFlow,
  model: LayersModel,
  { shape, classes }: InputSpec,
  inputs: Float32Array,
  order: Uint32Array,
): Promise<Float32Array<ArrayBuffer>> {
  const features = sizeOf(shape);
  const outputs = new Float32Array(order.length * classes);
  for (let from = 0; from < order.length; from += blockRows) {
    const rows = order.subarray(from, from + blockRows);
    const block = tf.tidy((): Tensor => {
      const result = model.predict(tf.tensor(gather(inputs, features, rows), [rows.length, ...shape]));
      return Array.isArray(result) ? result[0] : result;
    });
    outputs.set(await block.data(), from * classes);
    block.dispose();
    await letOthersIn();
  }
  return outputs;
}

/** What a backend makes of one step on two rows: shows whether it can train the model, and how. */
async function probe(backend: Backend, topology: object, inputs: InputSpec): Promise<Float32Array> {
  await backend.activate();
  const model = await buildModelFor(backend.tf, topology, inputs);
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

/**
 * Identifies a developer's model.
 * @param topology - the `modelTopology` of a `model.json`.
 * @throws LearnerError `INVALID_MODEL`: no Layers model, or not one input of fixed shape and one softmax.
 */
export async function identifyTopology(topology: object): Promise<LayersIdentity> {
  const backends = await findBackends();
  const { tf, activate } = backends[backends.length - 1];
  await activate();
  const model = await buildModel(tf, topology);
  const [shape, [classes]] = [model.inputs[0].shape, model.outputs[0].shape].map((each) => each.slice(1).map(Number));
  const identity = { sha256: topologyHash(topology), shape, classes, parameterCount: model.countParams() };
  model.dispose();
  return identity;
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
    // Its `name` counts how often such a model was built before in this process.
    return { name: weight.originalName, shape, fanIn: Math.max(1, sizeOf(shape.slice(0, -1))) };
  });
}

/**
 * Prepares a developer's model.
 * @param setup - `topology`: the `modelTopology` of a `model.json`; one input, one softmax output.
 * @param findAll - where to look for TensorFlow.js.
 * @throws LearnerError `INVALID_MODEL`: wrong hash, no Layers model, no softmax at its end, it does not fit the
 * data, or its training cannot be repeated.
 */
export async function createLayersWork(
  { model: { sha256, optimiser }, inputs, topology }: LayersWorkerSetup,
  findAll: () => Promise<readonly Backend[]> = findBackends,
): Promise<LayersWork> {
  const found = topologyHash(topology);
  if (found !== sha256) {
    throw invalidTopology(
      `The topology has hash ${found}, the consortium agreed on ${sha256}.`,
      'Use the file all parties share.',
    );
  }
  const { backend, probed } = await chooseBackend(await findAll(), topology, inputs);
  if (!agree(await probe(backend, topology, inputs), probed, 1e-6)) {
    throw invalidTopology(
      'The model draws random numbers that follow no seed, so its training cannot be repeated.',
      'Use no random layers but Dropout and SpatialDropout1D.',
    );
  }
  const { tf } = backend;
  const model = await buildModelFor(tf, topology, inputs);
  const tensors = describe(model);
  const setup = { tf, model, inputs, optimiser: optimiserOf(optimiser) };
  const { classes } = inputs;
  const inTurn = createTurns();
  const onBackend = <T>(work: () => Promise<T>) =>
    inTurn(async () => {
      await backend.activate();
      return work();
    });
  const outputsOf = (parameters: Float32Array, rows: Float32Array, order: Uint32Array) =>
    onBackend(() => {
      load(tf, model, tensors, parameters);
      return predict(tf, model, inputs, rows, order);
    });
  return {
    description: { backend: backend.name, tensors, drawn: await read(model) },
    executor: {
      train: (parameters, examples, options) => onBackend(() => train(setup, tensors, parameters, examples, options)),
      async label(parameters, rows, order = allRows(rows, sizeOf(inputs.shape))) {
        const outputs = await outputsOf(parameters, rows, order);
        return Uint8Array.from(order, (_, place) => {
          const probabilities = outputs.subarray(place * classes, (place + 1) * classes);
          // As the kernels do: the first of the largest, and class 0 where nothing is larger than not-a-number.
          return probabilities.reduce((best, value, label) => (value > probabilities[best] ? label : best), 0);
        });
      },
      predict: (parameters, rows) => outputsOf(parameters, rows, allRows(rows, sizeOf(inputs.shape))),
      memoryBytes: () => tf.memory().numBytes,
      close: () => inTurn(async () => model.dispose()).then(() => undefined),
    },
  };
}
