/**
 * What a model family on kernels offers, block by block: synchronous, single-threaded, with a memory of its own.
 * @module
 */

/** One tensor of the flat parameter vector. */
export interface ParameterTensor {
  /** Unique name, e.g. `dense1.weights`. */
  readonly name: string;
  /** Row-major shape; weights are [in, out]. */
  readonly shape: readonly number[];
  /** Number of inputs of each unit: initial values are uniform in ±1/√fanIn. */
  readonly fanIn: number;
}

/** A model's kernels and memory. */
export interface Engine {
  /** The tensors of the flat parameter vector, in order. */
  readonly tensors: readonly ParameterTensor[];
  /** F: floats of one input. */
  readonly features: number;
  /** Number of classes. */
  readonly classes: number;
  /** Bytes of kernel memory held now. */
  readonly memoryBytes: number;
  /**
   * Makes room for blocks of `rows` rows worked on `batch` at a time, and loads parameters.
   * @param parameters - float32 [D].
   */
  load(parameters: Float32Array, rows: number, batch: number): void;
  /**
   * Takes one step per `batch` rows over the rows of `inputs` that `order` names.
   * @param order - row numbers, at most as many as there is room for.
   * @returns the first step (from 0) whose outputs were not finite, or −1.
   */
  train(inputs: Float32Array, labels: Uint8Array, order: Uint32Array, rate: number): number;
  /** Writes the most likely class of rows `from` … `to − 1` of `inputs` to the same places of `labels`. */
  label(inputs: Float32Array, from: number, to: number, labels: Uint8Array): void;
  /** Copies the parameters out; float32 [D]. */
  read(): Float32Array;
}
