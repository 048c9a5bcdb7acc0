/**
 * Fully connected networks: lays a model out in kernel memory and copies its flat parameters in and out.
 * Order of the flat vector: for each layer, weights [in][out], then biases [out].
 * @module
 */
import type { Engine, ParameterTensor } from './engine.ts';
import { LearnerError } from './errors.ts';
import { createKernel } from './kernels.ts';

/** Bytes of a layer's description, as `assembly/mlp.ts` declares it. */
const layerBytes = 32;
const lanes = 4;
/** Rows are padded with zeros to whole vectors. */
const padded = (length: number) => Math.ceil(length / lanes) * lanes;

/** A layer's sizes and where its numbers are, in bytes. */
interface Place {
  readonly inputs: number;
  readonly inputStride: number;
  readonly outputs: number;
  readonly outputStride: number;
  readonly weights: number;
  readonly biases: number;
  readonly activations: number;
  readonly deltas: number;
}

/** Names and shapes of the parameters of an MLP with `sizes` units per layer, inputs first. */
function describe(sizes: readonly number[]): ParameterTensor[] {
  return sizes.slice(1).flatMap((outputs, index) => {
    const inputs = sizes[index];
    return [
      { name: `dense${index + 1}.weights`, shape: [inputs, outputs], fanIn: inputs },
      { name: `dense${index + 1}.biases`, shape: [outputs], fanIn: inputs },
    ];
  });
}

/**
 * Creates an MLP.
 * @param sizes - units per layer: inputs, hidden layers, classes.
 * @throws {@link LearnerError} `KERNELS_MISSING`.
 */
export function createMlp(sizes: readonly number[], relaxed: boolean): Engine {
  const tensors = describe(sizes);
  const features = sizes[0];
  const classes = sizes[sizes.length - 1];
  const depth = sizes.length - 1;
  const stride = padded(features);
  const kernel = createKernel('learner-mlp', relaxed);
  let places: Place[] = [];
  let rowsAt = 0;
  let labelsAt = 0;
  let room = 0;
  let batchRoom = 0;
  let batch = 0;

  const floats = () => new Float32Array(kernel.memory.buffer);

  function layOut(rows: number, batchRows: number): void {
    room = rows;
    batchRoom = batchRows;
    let end = depth * layerBytes + 1024;
    const take = (bytes: number) => {
      const start = end;
      end = Math.ceil((end + bytes) / 64) * 64;
      return start;
    };
    places = sizes.slice(1).map((outputs, index) => {
      const inputs = sizes[index];
      const outputStride = padded(outputs);
      return {
        inputs,
        inputStride: padded(inputs),
        outputs,
        outputStride,
        weights: take(inputs * outputStride * 4),
        biases: take(outputStride * 4),
        activations: take(batchRows * outputStride * 4),
        deltas: take(batchRows * outputStride * 4),
      };
    });
    rowsAt = take(rows * stride * 4);
    labelsAt = take(rows);
    kernel.reserve(end);
    new Uint8Array(kernel.memory.buffer).fill(0, 1024, end);
    const words = new Int32Array(kernel.memory.buffer, 1024);
    places.forEach((place, index) => {
      words.set(Object.values(place), (index * layerBytes) / 4);
    });
  }

  /** Calls `copy(start in the flat vector, start in memory, length)` for each run of parameters. */
  function eachRun(copy: (flat: number, memory: number, length: number) => void): void {
    let flat = 0;
    for (const { inputs, outputs, outputStride, weights, biases } of places) {
      for (let row = 0; row < inputs; row++, flat += outputs) copy(flat, weights / 4 + row * outputStride, outputs);
      copy(flat, biases / 4, outputs);
      flat += outputs;
    }
  }

  return {
    tensors,
    features,
    classes,
    get memoryBytes() {
      return kernel.memory.buffer.byteLength;
    },
    load(parameters, rows, batchRows) {
      if (rows > room || batchRows > batchRoom) layOut(Math.max(rows, room), Math.max(batchRows, batchRoom));
      const memory = floats();
      eachRun((flat, at, length) => {
        memory.set(parameters.subarray(flat, flat + length), at);
      });
      batch = batchRows;
    },
    train(inputs, labels, order, rate) {
      const memory = floats();
      const classesOf = new Uint8Array(kernel.memory.buffer, labelsAt, order.length);
      order.forEach((row, index) => {
        memory.set(inputs.subarray(row * features, (row + 1) * features), rowsAt / 4 + index * stride);
        classesOf[index] = labels[row];
      });
      return kernel.call('train', 1024, depth, rowsAt, labelsAt, order.length, batch, rate);
    },
    label(inputs, from, to, labels) {
      const memory = floats();
      for (let row = from; row < to; row++) {
        memory.set(inputs.subarray(row * features, (row + 1) * features), rowsAt / 4 + (row - from) * stride);
      }
      kernel.call('label', 1024, depth, rowsAt, labelsAt, to - from);
      labels.set(new Uint8Array(kernel.memory.buffer, labelsAt, to - from), from);
    },
    read() {
      const parameters = new Float32Array(
        tensors.reduce((sum, { shape }) => sum + shape.reduce((size, edge) => size * edge, 1), 0),
      );
      const memory = floats();
      eachRun((flat, at, length) => {
        parameters.set(memory.subarray(at, at + length), flat);
      });
      return parameters;
    },
  };
}

/**
 * Checks that an MLP fits its inputs.
 * @returns units per layer.
 * @throws {@link LearnerError} `INVALID_MODEL`.
 */
export function checkSizes(sizes: readonly number[], features: number, classes: number): readonly number[] {
  if (sizes[0] === features && sizes[sizes.length - 1] === classes) return sizes;
  throw new LearnerError(
    'INVALID_MODEL',
    `The model has ${sizes[0]} inputs and ${sizes[sizes.length - 1]} outputs; the data have ${features} features and ${classes} classes.`,
    { fault: 'self', action: 'Make the first and the last entry of model.layers fit inputs.shape and inputs.classes.' },
  );
}
