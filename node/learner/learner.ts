/**
 * The Learner port on kernels: checks shapes, shuffles, cuts the work into blocks and lets other work in between them.
 * @module
 */
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Learner, TrainOptions } from '../algorithm/ports.ts';
import type { ModelSpec } from '../consortium.ts';
import { createSeededRandom } from '../random.ts';
import type { Examples } from '../types.ts';
import type { Engine } from './engine.ts';
import { LearnerError } from './errors.ts';
import { initialParameters } from './initialise.ts';
import { checkSizes, createMlp } from './mlp.ts';

/** What the data look like. */
export type InputSpec = { readonly shape: readonly number[]; readonly classes: number };

/** How models are trained on this host. */
export interface LearnerOptions {
  /** Fuse multiplications with additions: faster, but results differ in their last bits from other hosts'. */
  readonly relaxed?: boolean;
}

/** Rows per kernel call: enough to make the call's cost vanish, few enough to let other work in. */
const blockRows = 1024;

function fail(code: 'SHAPE_MISMATCH' | 'INVALID_OPTION', message: string): never {
  throw new LearnerError(code, message, { fault: 'self' });
}

function checkExamples(engine: Engine, { inputs, labels }: Examples): void {
  if (labels.length === 0 || inputs.length !== labels.length * engine.features) {
    fail('SHAPE_MISMATCH', `${labels.length} examples of ${engine.features} features need ${inputs.length} inputs.`);
  }
  const wrong = labels.findIndex((label) => label >= engine.classes);
  if (wrong >= 0) fail('SHAPE_MISMATCH', `Example ${wrong} has label ${labels[wrong]} of ${engine.classes} classes.`);
}

function checkOptions({ epochs, batchSize, learningRate }: TrainOptions): void {
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1;
  if (!isCount(epochs)) fail('INVALID_OPTION', `epochs must be an integer ≥ 1, not ${epochs}.`);
  if (!isCount(batchSize)) fail('INVALID_OPTION', `batchSize must be an integer ≥ 1, not ${batchSize}.`);
  if (!(learningRate > 0)) fail('INVALID_OPTION', `learningRate must be > 0, not ${learningRate}.`);
}

function diverged(step: number, learningRate: number): LearnerError {
  return new LearnerError('NOT_FINITE', `Training diverged at step ${step}.`, {
    fault: 'self',
    action: 'Lower the learning rate.',
    meta: { step, learningRate },
  });
}

/** Puts an engine behind the port. */
export function engineLearner(engine: Engine): Learner {
  const { tensors, features } = engine;
  const parameterCount = tensors.reduce((sum, { shape }) => sum + shape.reduce((size, edge) => size * edge, 1), 0);
  const checkParameters = (parameters: Float32Array) => {
    if (parameters.length !== parameterCount) {
      fail('SHAPE_MISMATCH', `The model has ${parameterCount} parameters, not ${parameters.length}.`);
    }
  };
  /** One call at a time: the engine has one set of parameters in memory. */
  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  async function train(parameters: Float32Array, examples: Examples, options: TrainOptions): Promise<Float32Array> {
    const count = examples.labels.length;
    const { epochs, learningRate } = options;
    const batch = Math.min(options.batchSize, count);
    const block = Math.min(Math.max(1, Math.floor(blockRows / batch)) * batch, count);
    const random = createSeededRandom(options.seed);
    engine.load(parameters, block, batch);
    let steps = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = random.permutation(count);
      for (let start = 0; start < count; start += block) {
        const rows = order.subarray(start, start + block);
        const failed = engine.train(examples.inputs, examples.labels, rows, learningRate);
        if (failed >= 0) throw diverged(steps + failed + 1, learningRate);
        steps += Math.ceil(rows.length / batch);
        await yieldToOthers();
      }
    }
    const trained = engine.read();
    if (!trained.every(Number.isFinite)) throw diverged(steps, learningRate);
    return trained;
  }

  async function label(parameters: Float32Array, inputs: Float32Array): Promise<Uint8Array> {
    const count = inputs.length / features;
    const labels = new Uint8Array(count);
    const block = Math.min(blockRows, count);
    engine.load(parameters, block, block);
    for (let from = 0; from < count; from += block) {
      engine.label(inputs, from, Math.min(from + block, count), labels);
      await yieldToOthers();
    }
    return labels;
  }

  return {
    parameterCount,
    initialise: (seed) => initialParameters(tensors, seed),
    async train(parameters, examples, options) {
      checkParameters(parameters);
      checkOptions(options);
      checkExamples(engine, examples);
      return inTurn(() => train(parameters, examples, options));
    },
    async label(parameters, inputs) {
      checkParameters(parameters);
      if (inputs.length % features !== 0) {
        fail('SHAPE_MISMATCH', `${inputs.length} inputs are not whole rows of ${features} features.`);
      }
      return inTurn(() => label(parameters, inputs));
    },
  };
}

/**
 * Creates the learner of a consortium's model.
 * @example const learner = await createLearner({ kind: 'mlp', layers: [1024, 128, 64, 10] }, { shape: [32, 32, 1], classes: 10 });
 * @throws {@link LearnerError} `INVALID_MODEL`, `KERNELS_MISSING`.
 */
export async function createLearner(
  model: ModelSpec,
  inputs: InputSpec,
  options: LearnerOptions = {},
): Promise<Learner> {
  const features = inputs.shape.reduce((size, edge) => size * edge, 1);
  const relaxed = options.relaxed ?? false;
  switch (model.kind) {
    case 'mlp':
      return engineLearner(createMlp(checkSizes(model.layers, features, inputs.classes), relaxed));
    case 'cnn':
      throw new LearnerError('INVALID_MODEL', 'This build has no CNN.', { fault: 'self' });
  }
}
