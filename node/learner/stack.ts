/**
 * Lays a stack of fully connected layers out in kernel memory, as `assembly/_stack.ts` and `_dense.ts` declare it.
 * @module
 */
import type { ParameterTensor, TrainingRule, Workload } from './engine.ts';
import { type Allocator, type Fields, recordBytes, strideOf, writeRecord } from './layout.ts';

const layerFields = {
  inputs: 'i32',
  inputStride: 'i32',
  outputs: 'i32',
  outputStride: 'i32',
  weights: 'i32',
  biases: 'i32',
  weightTarget: 'i32',
  biasTarget: 'i32',
  activations: 'i32',
  deltas: 'i32',
  lists: 'i32',
  listStride: 'i32',
  summaries: 'i32',
  transposed: 'i32',
  sparse: 'i32',
  common: 'f32',
  shared: 'i32',
  drift: 'i32',
  dropout: 'f32',
} as const satisfies Fields;

const planFields = {
  rate: 'f64',
  decay: 'f64',
  momentum: 'f64',
  beta2: 'f64',
  power1: 'f64',
  power2: 'f64',
  random: 'u64',
  steps: 'i32',
  batch: 'i32',
  prepared: 'i32',
  layers: 'i32',
  depth: 'i32',
  output: 'i32',
  loss: 'i32',
  optimiser: 'i32',
  parameters: 'i32',
  parameterBytes: 'i32',
  gradients: 'i32',
  firsts: 'i32',
  seconds: 'i32',
} as const satisfies Fields;

const outputCodes = { softmax: 0, sigmoid: 1 } as const;
const lossCodes = { crossEntropy: 0, squared: 1 } as const;
/** Batches below this size go by lists (BLOCKED in `_dense.ts`), which need room. */
const blocked = 4;

/** A run of consecutive parameters: `count` rows of `length` floats, `stride` floats apart in memory from `start`. */
export interface Run {
  readonly start: number;
  readonly count: number;
  readonly length: number;
  readonly stride: number;
}

/** The memory of parameters, their gradients and the optimiser's state, all of one shape. */
export interface ParameterMemory {
  /** Bytes from a parameter to the place its changes are added to: 0 for plain descent. */
  readonly targetOffset: number;
  readonly values: Readonly<
    Record<'parameters' | 'parameterBytes' | 'gradients' | 'firsts' | 'seconds' | 'optimiser', number>
  >;
}

/** Takes the memory of `bytes` bytes of parameters and of what the optimiser keeps beside them. */
export function takeParameters(allocator: Allocator, bytes: number, rule: TrainingRule): ParameterMemory {
  const { optimiser } = rule;
  const code = optimiser.kind === 'adam' ? 2 : optimiser.momentum > 0 ? 1 : 0;
  const parameters = allocator.take(bytes);
  const gradients = code > 0 ? allocator.take(bytes) : parameters;
  return {
    targetOffset: gradients - parameters,
    values: {
      parameters,
      parameterBytes: bytes,
      gradients,
      firsts: code > 0 ? allocator.take(bytes) : 0,
      seconds: code > 1 ? allocator.take(bytes) : 0,
      optimiser: code,
    },
  };
}

/** Bytes of the parameters of a stack with `sizes` units per layer, inputs first. */
export function stackBytes(sizes: readonly number[]): number {
  return sizes.slice(1).reduce((sum, outputs, index) => sum + (sizes[index] + 1) * strideOf(outputs) * 4, 0);
}

/** Names and shapes of a stack's parameters: for each layer, weights [in][out], then biases. */
export function stackTensors(sizes: readonly number[]): ParameterTensor[] {
  return sizes.slice(1).flatMap((outputs, index) => {
    const inputs = sizes[index];
    return [
      { name: `dense${index + 1}.weights`, shape: [inputs, outputs], fanIn: inputs },
      { name: `dense${index + 1}.biases`, shape: [outputs], fanIn: inputs },
    ];
  });
}

/** A stack in memory. */
export interface PlacedStack {
  /** Where its parameters are, in the order of {@link stackTensors}. */
  readonly runs: readonly Run[];
  /** Address of the table of layers. */
  readonly table: number;
  /** Writes the table of layers. */
  write(buffer: ArrayBuffer): void;
}

/**
 * Places the layers of a stack.
 * @param memory - `start`: address of the stack's parameters, {@link stackBytes} long; `passesDown`: the gradient by the
 * stack's inputs is wanted.
 */
export function placeStack(
  allocator: Allocator,
  sizes: readonly number[],
  rule: TrainingRule,
  { batch, common, learningRate }: Workload,
  memory: { readonly start: number; readonly targetOffset: number; readonly passesDown: boolean },
): PlacedStack {
  const runs: Run[] = [];
  const table = allocator.take((sizes.length - 1) * recordBytes(layerFields));
  const { targetOffset } = memory;
  let end = memory.start;
  const layers = sizes.slice(1).map((outputs, index) => {
    const inputs = sizes[index];
    const outputStride = strideOf(outputs);
    const weights = end;
    const biases = weights + inputs * outputStride * 4;
    end = biases + outputStride * 4;
    runs.push({ start: weights / 4, count: inputs, length: outputs, stride: outputStride });
    runs.push({ start: biases / 4, count: 1, length: outputs, stride: outputStride });
    const sparse = index === 0 && common !== undefined;
    const inputStride = strideOf(inputs);
    const listBytes = (inputs + 1) * 8;
    // Only backward passes look at the lists of a whole batch.
    const lists = learningRate === 0 ? 1 : sparse ? batch : Math.min(batch, blocked);
    return {
      inputs,
      inputStride: inputStride * 4,
      outputs,
      outputStride: outputStride * 4,
      weights,
      biases,
      weightTarget: weights + targetOffset,
      biasTarget: biases + targetOffset,
      activations: allocator.take(batch * outputStride * 4),
      deltas: allocator.take(batch * outputStride * 4),
      lists: allocator.take(lists * listBytes),
      listStride: lists === 1 ? 0 : listBytes,
      summaries: allocator.take(batch * 8),
      transposed: allocator.take(index > 0 || memory.passesDown ? strideOf(outputs) * inputStride * 4 : 0),
      sparse: Number(sparse),
      common: sparse && targetOffset === 0 ? common : 0,
      shared: allocator.take(outputStride * 4),
      drift: allocator.take(outputStride * 4),
      dropout: index < sizes.length - 2 ? rule.dropout : 0,
    };
  });
  return {
    runs,
    table,
    write(buffer) {
      layers.forEach((layer, index) => {
        writeRecord(buffer, table + index * recordBytes(layerFields), layerFields, layer);
      });
    },
  };
}

/** Bytes of a plan. */
export const planBytes = recordBytes(planFields);

/** Writes a plan: one model and how it is trained, before its first step. */
export function writePlan(
  buffer: ArrayBuffer,
  start: number,
  rule: TrainingRule,
  { batch, learningRate, seed }: Workload,
  memory: ParameterMemory,
  stack: { readonly table: number; readonly depth: number },
): void {
  const { optimiser } = rule;
  writeRecord(buffer, start, planFields, {
    rate: learningRate,
    decay: optimiser.decay,
    momentum: optimiser.kind === 'adam' ? optimiser.beta1 : optimiser.momentum,
    beta2: optimiser.kind === 'adam' ? optimiser.beta2 : 0,
    power1: 1,
    power2: 1,
    random: seed >>> 0,
    steps: 0,
    batch,
    prepared: 0,
    layers: stack.table,
    depth: stack.depth,
    output: outputCodes[rule.output],
    loss: lossCodes[rule.loss],
    ...memory.values,
  });
}

/** Calls `copy(start in the flat vector, start in memory, length)`, in floats, for each row of parameters. */
export function eachRow(runs: readonly Run[], copy: (flat: number, memory: number, length: number) => void): void {
  let flat = 0;
  for (const { start, count, length, stride } of runs) {
    for (let row = 0; row < count; row++, flat += length) copy(flat, start + row * stride, length);
  }
}
