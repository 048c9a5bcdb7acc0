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
import { WorkerPool } from './pool.ts';
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
  /**
   * Threads to train on, so that this one stays free and as many calls run at once; 0, the default, uses this thread
   * and lets other work in between. Results do not depend on it. With threads, the contents of examples and inputs must
   * not change after they were first passed: they are copied to shared memory once, or not at all if they are there.
   */
  readonly threads?: number;
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

/** Who carries out checked work: this thread or a pool. */
type Executor = Pick<ModelLearner, 'train' | 'label' | 'predict' | 'memoryBytes' | 'close'>;

/** Works on this thread, one job at a time: the engine holds one set of parameters. */
function localExecutor(engine: Engine): Executor {
  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: Generator<void, T>): Promise<T> {
    const mine = turn.then(() => unhurried(work));
    turn = mine.catch(() => undefined);
    return mine;
  }
  return {
    train: (parameters, examples, options) => inTurn(trainInBlocks(engine, parameters, examples, options)),
    label: (parameters, inputs) => inTurn(labelInBlocks(engine, parameters, inputs)),
    predict: (parameters, inputs) => inTurn(predictInBlocks(engine, parameters, inputs)),
    memoryBytes: () => engine.memoryBytes,
    close: async () => undefined,
  };
}

/** Works on a pool's threads, as many jobs at a time as there are. */
function pooledExecutor(pool: WorkerPool): Executor {
  return {
    async train(parameters, { inputs, labels }, { epochs, batchSize, learningRate, seed }) {
      const options = { epochs, batchSize, learningRate, seed };
      const job = {
        kind: 'train',
        parameters: parameters.slice(),
        inputs: pool.share(inputs),
        labels,
        options,
      } as const;
      return Float32Array.from(await pool.run(job));
    },
    async label(parameters, inputs) {
      return Uint8Array.from(
        await pool.run({ kind: 'label', parameters: parameters.slice(), inputs: pool.share(inputs) }),
      );
    },
    async predict(parameters, inputs) {
      return Float32Array.from(
        await pool.run({ kind: 'predict', parameters: parameters.slice(), inputs: pool.share(inputs) }),
      );
    },
    memoryBytes: () => pool.memoryBytes,
    close: () => pool.close(),
  };
}

/** Puts an executor behind the port. */
function checkedLearner(engine: Engine, executor: Executor, backend: string): ModelLearner {
  const sizes: Sizes = {
    parameterCount: countParameters(engine.tensors),
    features: engine.features,
    classes: engine.classes,
  };
  return {
    backend,
    parameterCount: sizes.parameterCount,
    outputs: engine.outputs,
    initialise: (seed) => initialParameters(engine.tensors, seed),
    async train(parameters, examples, options) {
      checkParameters(sizes, parameters);
      checkTraining(sizes, examples, options);
      return executor.train(parameters, examples, options);
    },
    async label(parameters, inputs) {
      checkParameters(sizes, parameters);
      checkInputs(sizes, inputs);
      return executor.label(parameters, inputs);
    },
    async predict(parameters, inputs) {
      checkParameters(sizes, parameters);
      checkInputs(sizes, inputs);
      return executor.predict(parameters, inputs);
    },
    memoryBytes: () => executor.memoryBytes(),
    close: () => executor.close(),
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
  const threads = options.threads ?? 0;
  if (!Number.isSafeInteger(threads) || threads < 0) fail('INVALID_OPTION', `threads must be ≥ 0, not ${threads}.`);
  const engine = createModelEngine(model, inputs, relaxed);
  const { shape, classes } = inputs;
  const executor =
    threads > 0
      ? pooledExecutor(new WorkerPool({ model, inputs: { shape, classes }, relaxed }, threads))
      : localExecutor(engine);
  return checkedLearner(engine, executor, backendName(relaxed));
}
