/**
 * The part of an engine that all model families on kernels share: memory, rows in, parameters in and out.
 * @module
 */
import { countParameters, type Engine, type ParameterTensor, type Workload } from './engine.ts';
import { createKernel, type KernelBuild } from './kernels.ts';
import { Allocator, firstByte } from './layout.ts';
import { eachRow, type Run } from './stack.ts';

/** A model in memory. */
export interface Placed {
  /** Address of the record the kernels take as their first argument. */
  readonly plan: number;
  /** Where the parameters are, in the order of the flat vector. */
  readonly runs: readonly Run[];
  /** Writes the kernels' records. */
  write(buffer: ArrayBuffer): void;
}

/** What a model family states about itself. */
export interface Family {
  /** Name of the kernel file; it exports `train`, `label` and `predict`. */
  readonly kernel: string;
  readonly tensors: readonly ParameterTensor[];
  readonly features: number;
  /** Floats from one row of inputs to the next in kernel memory. */
  readonly inputStride: number;
  readonly classes: number;
  readonly outputs: number;
  place(allocator: Allocator, workload: Workload): Placed;
}

/** Creates the engine of a family. @throws LearnerError `KERNELS_MISSING`. */
export function createEngine(family: Family, build: KernelBuild): Engine {
  const { tensors, features, inputStride, classes, outputs } = family;
  const kernel = createKernel(family.kernel, build);
  let placed: Placed = { plan: 0, runs: [], write: () => undefined };
  let rowsAt = 0;
  let labelsAt = 0;
  let outputsAt = 0;
  /** Where all parameters are in one piece on their way in and out. */
  let flatAt = 0;

  const floats = () => new Float32Array(kernel.memory.buffer);
  /** Copies rows of inputs into kernel memory. */
  function copyRows(inputs: Float32Array, order: Uint32Array): void {
    const memory = floats();
    let at = rowsAt / 4;
    for (const row of order) {
      memory.set(inputs.subarray(row * features, (row + 1) * features), at);
      at += inputStride;
    }
  }

  return {
    tensors,
    features,
    classes,
    outputs,
    get memoryBytes() {
      return kernel.memory.buffer.byteLength;
    },
    load(parameters, workload) {
      const allocator = new Allocator();
      placed = family.place(allocator, workload);
      rowsAt = allocator.take(workload.rows * inputStride * 4);
      labelsAt = allocator.take(workload.rows);
      outputsAt = allocator.take(workload.batch * outputs * 4);
      const end = allocator.end;
      flatAt = allocator.take(parameters.byteLength);
      kernel.reserve(allocator.end);
      new Uint8Array(kernel.memory.buffer).fill(0, firstByte, end);
      placed.write(kernel.memory.buffer);
      const memory = floats();
      const flatStart = flatAt / 4;
      memory.set(parameters, flatStart);
      eachRow(placed.runs, (flat, at, length) => {
        memory.copyWithin(at, flatStart + flat, flatStart + flat + length);
      });
    },
    train(inputs, labels, order) {
      copyRows(inputs, order);
      const classOf = new Uint8Array(kernel.memory.buffer, labelsAt, order.length);
      order.forEach((row, index) => {
        classOf[index] = labels[row];
      });
      return kernel.call('train', placed.plan, rowsAt, labelsAt, order.length);
    },
    label(inputs, order, labels) {
      copyRows(inputs, order);
      kernel.call('label', placed.plan, rowsAt, labelsAt, order.length);
      labels.set(new Uint8Array(kernel.memory.buffer, labelsAt, order.length));
    },
    predict(inputs, order, result) {
      copyRows(inputs, order);
      kernel.call('predict', placed.plan, rowsAt, outputsAt, order.length);
      const start = outputsAt / 4;
      result.set(floats().subarray(start, start + order.length * outputs));
    },
    read() {
      const memory = floats();
      const flatStart = flatAt / 4;
      eachRow(placed.runs, (flat, at, length) => {
        memory.copyWithin(flatStart + flat, at, at + length);
      });
      return memory.slice(flatStart, flatStart + countParameters(tensors));
    },
  };
}
