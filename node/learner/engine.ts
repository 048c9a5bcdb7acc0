/**
 * What a model family on kernels offers, block by block: synchronous, single-threaded, with a memory of its own.
 * @module
 */

/** One tensor of the flat parameter vector. */
export interface ParameterTensor {
  /** Unique name, e.g. `dense1.weights`. */
  readonly name: string;
  /** Row-major shape; the weights of a fully connected layer are [in, out]. */
  readonly shape: readonly number[];
  /** Number of inputs of each unit: initial values are uniform in ±1/√fanIn. */
  readonly fanIn: number;
}

/** What the last layer puts out and how it is judged, and how a gradient becomes a step. */
export interface TrainingRule {
  readonly output: 'softmax' | 'sigmoid';
  readonly loss: 'crossEntropy' | 'squared';
  /** Probability that a step switches a hidden unit off, 0 ≤ p < 1. */
  readonly dropout: number;
  readonly optimiser: Optimiser;
}

/** Plain or momentum descent, or Adam; in step t (from 0) the step size is learningRate / (1 + decay·t). */
export type Optimiser =
  | { readonly kind: 'sgd'; readonly momentum: number; readonly decay: number }
  | { readonly kind: 'adam'; readonly beta1: number; readonly beta2: number; readonly decay: number };

/** What an engine is to make room for. */
export interface Workload {
  /** Most rows of a call. */
  readonly rows: number;
  /** Rows worked on at a time: a training step's, or a labelling block's. */
  readonly batch: number;
  /** The value that most inputs have, if one has more than half of them; else undefined. */
  readonly common: number | undefined;
  /** Step size, and seed of dropout; 0 if nothing is trained. */
  readonly learningRate: number;
  readonly seed: number;
}

/** A model's kernels and memory. */
export interface Engine {
  /** The tensors of the flat parameter vector, in order. */
  readonly tensors: readonly ParameterTensor[];
  /** F: floats of one input. */
  readonly features: number;
  /** Number of classes, and of output units (1 or `classes`). */
  readonly classes: number;
  readonly outputs: number;
  /** Bytes of kernel memory held now. */
  readonly memoryBytes: number;
  /** Makes room and loads parameters, float32 [D]; forgets the optimiser's state. */
  load(parameters: Float32Array, workload: Workload): void;
  /**
   * Takes one step per batch of the rows of `inputs` that `order` names.
   * @returns the first step (from 0) whose outputs were not finite, or −1.
   */
  train(inputs: Float32Array, labels: Uint8Array, order: Uint32Array): number;
  /** Writes the most likely class of each of the rows of `inputs` that `order` names, at most a batch, to `labels`. */
  label(inputs: Float32Array, order: Uint32Array, labels: Uint8Array): void;
  /** Writes the outputs of the same rows to `outputs`, float32 [order × outputs]. */
  predict(inputs: Float32Array, order: Uint32Array, outputs: Float32Array): void;
  /** Copies the parameters out; float32 [D]. */
  read(): Float32Array<ArrayBuffer>;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, edge) => size * edge, 1);
}

/** D: number of parameters. */
export function countParameters(tensors: readonly ParameterTensor[]): number {
  return tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
