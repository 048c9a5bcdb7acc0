/**
 * The Learner port over something that computes: checks what comes in first, so that every backend refuses alike.
 * @module
 */
import type { Learner, TrainOptions } from '../algorithm/ports.ts';
import type { Examples } from '../types.ts';
import { countParameters, type ParameterTensor } from './engine.ts';
import { LearnerError } from './errors.ts';

/** A learner that also predicts probabilities and knows what it runs on. */
export interface ModelLearner extends Learner {
  /** What computes, for logs: e.g. `wasm simd128`. */
  readonly backend: string;
  /** The tensors of the flat parameter vector, in order. */
  readonly tensors: readonly ParameterTensor[];
  /** Numbers per row of {@link predict}: one per class, or one in all (the probability of class 1). */
  readonly outputs: number;
  /**
   * Predicts the most likely class of each row that `rows` names, in this order; of all unless given.
   * @param inputs - float32 [N × F].
   * @returns uint8 [rows].
   */
  label(parameters: Float32Array, inputs: Float32Array, rows?: Uint32Array): Promise<Uint8Array>;
  /** Probabilities of each row of inputs, float32 [N × F]; float32 [N × outputs]. */
  predict(parameters: Float32Array, inputs: Float32Array): Promise<Float32Array>;
  /** Bytes of memory for computing held now. */
  memoryBytes(): number;
  /** Ends the learner's threads, if it has any. */
  close(): Promise<void>;
}

/** Carries out work whose arguments were checked. */
export interface Executor extends Pick<ModelLearner, 'memoryBytes' | 'close'> {
  train(
    parameters: Float32Array,
    examples: Pick<Examples, 'inputs' | 'labels'>,
    options: TrainOptions,
  ): Promise<Float32Array<ArrayBuffer>>;
  label(
    parameters: Float32Array,
    inputs: Float32Array,
    rows: Uint32Array | undefined,
  ): Promise<Uint8Array<ArrayBuffer>>;
  predict(parameters: Float32Array, inputs: Float32Array): Promise<Float32Array<ArrayBuffer>>;
}

/** What a learner is made of. */
export interface LearnerParts extends Pick<ModelLearner, 'backend' | 'tensors' | 'outputs' | 'initialise'> {
  readonly features: number;
  readonly classes: number;
  readonly executor: Executor;
}

function fail(code: 'SHAPE_MISMATCH' | 'INVALID_OPTION', message: string): never {
  throw new LearnerError(code, message, { fault: 'self' });
}

function checkExamples({ features, classes }: LearnerParts, { inputs, labels }: Examples): void {
  if (labels.length === 0 || inputs.length !== labels.length * features) {
    fail('SHAPE_MISMATCH', `${labels.length} examples of ${features} features do not fit ${inputs.length} inputs.`);
  }
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) fail('SHAPE_MISMATCH', `Example ${wrong} has label ${labels[wrong]} of ${classes} classes.`);
}

function checkOptions({ epochs, batchSize, learningRate }: TrainOptions): void {
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1;
  if (!isCount(epochs)) fail('INVALID_OPTION', `epochs must be an integer ≥ 1, not ${epochs}.`);
  if (!isCount(batchSize)) fail('INVALID_OPTION', `batchSize must be an integer ≥ 1, not ${batchSize}.`);
  if (!(learningRate > 0)) fail('INVALID_OPTION', `learningRate must be > 0, not ${learningRate}.`);
}

/** Puts an executor behind the port. */
export function checkedLearner(parts: LearnerParts): ModelLearner {
  const { executor, features, tensors, backend, outputs, initialise } = parts;
  const parameterCount = countParameters(tensors);
  function checkParameters(parameters: Float32Array): void {
    if (parameters.length === parameterCount) return;
    fail('SHAPE_MISMATCH', `The model has ${parameterCount} parameters, not ${parameters.length}.`);
  }
  function checkRows(inputs: Float32Array): void {
    if (inputs.length % features === 0) return;
    fail('SHAPE_MISMATCH', `${inputs.length} inputs are not whole rows of ${features} features.`);
  }
  function checkNamed(inputs: Float32Array, rows: Uint32Array): void {
    const count = inputs.length / features;
    const unknown = rows.find((row) => row >= count);
    if (unknown !== undefined) fail('SHAPE_MISMATCH', `There is no row ${unknown} among ${count}.`);
  }
  return {
    backend,
    tensors,
    parameterCount,
    outputs,
    initialise,
    async train(parameters, examples, options) {
      checkParameters(parameters);
      checkOptions(options);
      checkExamples(parts, examples);
      return executor.train(parameters, examples, options);
    },
    async label(parameters, inputs, rows) {
      checkParameters(parameters);
      checkRows(inputs);
      if (rows !== undefined) checkNamed(inputs, rows);
      return executor.label(parameters, inputs, rows);
    },
    async predict(parameters, inputs) {
      checkParameters(parameters);
      checkRows(inputs);
      return executor.predict(parameters, inputs);
    },
    memoryBytes: () => executor.memoryBytes(),
    close: () => executor.close(),
  };
}
