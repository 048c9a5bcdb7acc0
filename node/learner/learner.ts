/**
 * The Learner port on kernels: checks what comes in and lets other work in between blocks.
 * @module
 */
import { setImmediate as letOthersIn } from 'node:timers/promises';
import type { Learner, TrainOptions } from '../algorithm/ports.ts';
import type { ModelSpec } from '../consortium.ts';
import type { Examples } from '../types.ts';
import { countParameters, type Engine } from './engine.ts';
import { LearnerError } from './errors.ts';
import { initialParameters } from './initialise.ts';
import { createModelEngine, type InputSpec } from './model.ts';
import { labelInBlocks, predictInBlocks, trainInBlocks } from './work.ts';

/** A learner that also predicts probabilities and knows what it runs on. */
export interface ModelLearner extends Learner {
  /** What computes, for logs: e.g. `wasm simd128`. */
  readonly backend: string;
  /** Numbers per row of {@link predict}: one per class, or one in all (the probability of class 1). */
  readonly outputs: number;
  /** Probabilities of each row of inputs, float32 [N × F]; float32 [N × outputs]. */
  predict(parameters: Float32Array, inputs: Float32Array): Promise<Float32Array>;
  /** Bytes of kernel memory held now. */
  memoryBytes(): number;
  /** Ends the learner's threads, if it has any. */
  close(): Promise<void>;
}

/** How models are trained on this host. */
export interface LearnerOptions {
  /** Fuse multiplications with additions: faster, but results differ in their last bits from other hosts'. */
  readonly relaxed?: boolean;
}

function fail(code: 'SHAPE_MISMATCH' | 'INVALID_OPTION', message: string): never {
  throw new LearnerError(code, message, { fault: 'self' });
}

/** What a learner checks its arguments against. */
export interface Sizes {
  readonly parameterCount: number;
  readonly features: number;
  readonly classes: number;
}

/** @throws {@link LearnerError} `SHAPE_MISMATCH`. */
export function checkParameters({ parameterCount }: Sizes, parameters: Float32Array): void {
  if (parameters.length === parameterCount) return;
  fail('SHAPE_MISMATCH', `The model has ${parameterCount} parameters, not ${parameters.length}.`);
}

/** @throws {@link LearnerError} `SHAPE_MISMATCH`. */
export function checkInputs({ features }: Sizes, inputs: Float32Array): void {
  if (inputs.length % features === 0) return;
  fail('SHAPE_MISMATCH', `${inputs.length} inputs are not whole rows of ${features} features.`);
}

/** @throws {@link LearnerError} `SHAPE_MISMATCH`, `INVALID_OPTION`. */
export function checkTraining({ features, classes }: Sizes, examples: Examples, options: TrainOptions): void {
  const { inputs, labels } = examples;
  if (labels.length === 0 || inputs.length !== labels.length * features) {
    fail('SHAPE_MISMATCH', `${labels.length} examples of ${features} features do not fit ${inputs.length} inputs.`);
  }
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) fail('SHAPE_MISMATCH', `Example ${wrong} has label ${labels[wrong]} of ${classes} classes.`);
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1;
  const { epochs, batchSize, learningRate } = options;
  if (!isCount(epochs)) fail('INVALID_OPTION', `epochs must be an integer ≥ 1, not ${epochs}.`);
  if (!isCount(batchSize)) fail('INVALID_OPTION', `batchSize must be an integer ≥ 1, not ${batchSize}.`);
  if (!(learningRate > 0)) fail('INVALID_OPTION', `learningRate must be > 0, not ${learningRate}.`);
}

/** Runs a generator to its end, with a breath between its stops. */
async function unhurried<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    await letOthersIn();
  }
}

/** Puts an engine behind the port, on this thread. */
export function engineLearner(engine: Engine, backend: string): ModelLearner {
  const sizes: Sizes = {
    parameterCount: countParameters(engine.tensors),
    features: engine.features,
    classes: engine.classes,
  };
  /** One piece of work at a time: the engine holds one set of parameters. */
  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: Generator<void, T>): Promise<T> {
    const mine = turn.then(() => unhurried(work));
    turn = mine.catch(() => undefined);
    return mine;
  }
  return {
    backend,
    parameterCount: sizes.parameterCount,
    outputs: engine.outputs,
    initialise: (seed) => initialParameters(engine.tensors, seed),
    async train(parameters, examples, options) {
      checkParameters(sizes, parameters);
      checkTraining(sizes, examples, options);
      return inTurn(trainInBlocks(engine, parameters, examples, options));
    },
    async label(parameters, inputs) {
      checkParameters(sizes, parameters);
      checkInputs(sizes, inputs);
      return inTurn(labelInBlocks(engine, parameters, inputs));
    },
    async predict(parameters, inputs) {
      checkParameters(sizes, parameters);
      checkInputs(sizes, inputs);
      return inTurn(predictInBlocks(engine, parameters, inputs));
    },
    memoryBytes: () => engine.memoryBytes,
    close: async () => undefined,
  };
}

/** Name of the kernels' build, for logs. */
export function backendName(relaxed: boolean): string {
  return relaxed ? 'wasm relaxed-simd' : 'wasm simd128';
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
): Promise<ModelLearner> {
  const relaxed = options.relaxed ?? false;
  if (model.kind === 'layers') {
    throw new LearnerError('INVALID_MODEL', 'A Layers model needs its topology.', { fault: 'self' });
  }
  return engineLearner(createModelEngine(model, inputs, relaxed), backendName(relaxed));
}
