/**
 * One fully connected layer: forward, backward and update for a batch of rows. A single row, or a first layer whose
 * inputs are mostly one value, goes by lists ({@link ./_sparse}); a batch goes by blocked products ({@link ./_gemm}).
 *
 * When most inputs equal one value `common` ≠ 0 (the background of normalised pictures), a step changes every row of
 * the weights, most of them by the same vector. With W_i = V_i + drift the equal part is added once, to `drift`:
 *
 *   z = b + Σ x_i W_i = shared + s·drift + Σ (x_i − common)·V_i,   s = Σ (x_i − common),
 *   shared = b + common·Σ W_i,
 *   a step of −η·δ:  V_i −= η(x_i − common)δ,  drift −= η·common·δ,  shared −= η(1 + common·(common·n + s))δ.
 *
 * This is the same mathematics with n − |list| rows fewer; {@link settle} folds the drift back into the weights.
 * @module
 */
import { gemm, transpose } from './_gemm';
import { addScaled } from './_simd';
import { addRows, addToRows, addToRowsThenAdd, dotRows, listEntries } from './_sparse';

/** A layer as the caller lays it out: 32-bit words, addresses and strides in bytes, strides multiples of 32. */
@unmanaged
export class Layer {
  inputs: i32;
  inputStride: usize;
  outputs: i32;
  outputStride: usize;
  /** float32 [inputs × outputStride]; the columns past `outputs` are zero. */
  weights: usize;
  /** float32 [outputStride]. */
  biases: usize;
  /** Where changes are added: the parameters themselves, or a gradient for an optimiser to read. */
  weightTarget: usize;
  biasTarget: usize;
  /** float32 [batch × outputStride]. */
  activations: usize;
  /** Gradient of the loss by the layer's sums; float32 [batch × outputStride]. */
  deltas: usize;
  /** Lists of the inputs, up to `inputs` pairs each, and bytes from one row's to the next's; 0 if only the last is needed. */
  lists: usize;
  listStride: usize;
  /** Of each row's list the length, int32, and the sum, float32: [batch] pairs. */
  summaries: usize;
  /** Room for the transposed weights; float32 [outputs × inputStride]. */
  transposed: usize;
  /** 1 if batches go by lists too. */
  sparse: i32;
  /** The value most inputs have, or 0; not 0 only if the targets are the parameters. */
  common: f32;
  /** float32 [outputStride] each. */
  shared: usize;
  drift: usize;
  /** Probability that a training step switches an output off. */
  dropout: f32;
}

/** Bytes of a {@link Layer}. */
const LAYER_BYTES: usize = 76;

/** Rows from which blocked products are faster than lists. */
const BLOCKED: i32 = 4;

/** The layer number `index` of a table. */
export function layerAt(layers: usize, index: i32): Layer {
  return changetype<Layer>(layers + <usize>index * LAYER_BYTES);
}

function usesLists(layer: Layer, rows: i32): bool {
  return rows < BLOCKED || layer.sparse !== 0;
}

function listAt(layer: Layer, row: i32): usize {
  return layer.lists + <usize>row * layer.listStride;
}

function summaryAt(layer: Layer, row: i32): usize {
  return layer.summaries + ((<usize>row) << 3);
}

/** Entries of a row's list. */
function countOf(layer: Layer, row: i32): i32 {
  return load<i32>(summaryAt(layer, row));
}

/** Sum of a row's listed differences. */
function sumOf(layer: Layer, row: i32): f32 {
  return load<f32>(summaryAt(layer, row), 4);
}

/** Bytes of a row of weights that hold something. */
function widthOf(layer: Layer): usize {
  return (<usize>((layer.outputs + 7) & ~7)) << 2;
}

/** Before a run of steps: computes what the common input value contributes. */
export function prepare(layer: Layer): void {
  memory.fill(layer.drift, 0, layer.outputStride);
  memory.copy(layer.shared, layer.biases, layer.outputStride);
  if (layer.common === 0) return;
  for (let i = 0; i < layer.inputs; i++) {
    addScaled(layer.shared, layer.weights + <usize>i * layer.outputStride, layer.common, layer.outputStride);
  }
}

/** After a run of steps: gives every row of the weights the change they have in common. */
export function settle(layer: Layer): void {
  if (layer.common === 0) return;
  for (let i = 0; i < layer.inputs; i++) {
    addScaled(layer.weights + <usize>i * layer.outputStride, layer.drift, 1, layer.outputStride);
  }
}

/** Lists one row of inputs, and begins its sums with what does not come from the list. */
function begin(layer: Layer, row: i32, inputs: usize): void {
  const target = layer.activations + <usize>row * layer.outputStride;
  memory.copy(target, layer.common === 0 ? layer.biases : layer.shared, layer.outputStride);
  listEntries(listAt(layer, row), inputs, layer.inputs, layer.common, summaryAt(layer, row));
  if (layer.common !== 0) addScaled(target, layer.drift, sumOf(layer, row), widthOf(layer));
}

/** Computes `rows` rows of the layer's sums from rows of inputs. */
export function forward(layer: Layer, inputs: usize, rows: i32): void {
  if (usesLists(layer, rows)) {
    for (let row = 0; row < rows; row++) {
      begin(layer, row, inputs + <usize>row * layer.inputStride);
      addRows(
        layer.activations + <usize>row * layer.outputStride,
        listAt(layer, row),
        countOf(layer, row),
        layer.weights,
        layer.outputStride,
        widthOf(layer),
      );
    }
    return;
  }
  for (let row = 0; row < rows; row++) {
    memory.copy(layer.activations + <usize>row * layer.outputStride, layer.biases, layer.outputStride);
  }
  gemm(
    layer.activations,
    layer.outputStride,
    inputs,
    layer.inputStride,
    4,
    layer.weights,
    layer.outputStride,
    rows,
    layer.outputs,
    layer.inputs,
    1,
  );
}

/** Replaces the negative sums of `rows` rows by zero; not-a-number stays. */
export function relu(layer: Layer, rows: i32): void {
  const end = layer.activations + <usize>rows * layer.outputStride;
  for (let at = layer.activations; at < end; at += 16) {
    v128.store(at, f32x4.pmax(v128.load(at), f32x4.splat(0)));
  }
}

/**
 * Gradient by the layer's inputs, where these are not zero; zero elsewhere, which is what a ReLU below needs.
 * @param target - float32 [rows × inputStride].
 * @param inputs - the inputs that {@link forward} saw.
 */
export function backward(layer: Layer, target: usize, inputs: usize, rows: i32): void {
  memory.fill(target, 0, <usize>rows * layer.inputStride);
  if (usesLists(layer, rows)) {
    for (let row = 0; row < rows; row++) {
      dotRows(
        target + <usize>row * layer.inputStride,
        listAt(layer, row),
        countOf(layer, row),
        layer.weights,
        layer.outputStride,
        layer.deltas + <usize>row * layer.outputStride,
        widthOf(layer),
      );
    }
    return;
  }
  const transposed = layer.transposed;
  transpose(transposed, layer.inputStride, layer.weights, layer.outputStride, layer.inputs, layer.outputs);
  gemm(
    target,
    layer.inputStride,
    layer.deltas,
    layer.outputStride,
    4,
    transposed,
    layer.inputStride,
    rows,
    layer.inputs,
    layer.outputs,
    1,
  );
  const end = target + <usize>rows * layer.inputStride;
  for (; target < end; target += 16, inputs += 16) {
    const alive = f32x4.ne(v128.load(inputs), f32x4.splat(0));
    v128.store(target, v128.and(v128.load(target), alive));
  }
}

/** Moves biases, and with them what all rows have in common, by one row. */
function updateCommon(layer: Layer, row: i32, scale: f32): void {
  const width = widthOf(layer);
  const deltas = layer.deltas + <usize>row * layer.outputStride;
  addScaled(layer.biasTarget, deltas, scale, width);
  if (layer.common === 0) return;
  const common = <f64>layer.common;
  const total = common * <f64>layer.inputs + <f64>sumOf(layer, row);
  addScaled(layer.drift, deltas, scale * layer.common, width);
  addScaled(layer.shared, deltas, scale * <f32>(1 + common * total), width);
}

/** targets += scale · gradient of the rows that {@link forward} saw last. */
export function update(layer: Layer, inputs: usize, rows: i32, scale: f32): void {
  for (let row = 0; row < rows; row++) updateCommon(layer, row, scale);
  if (usesLists(layer, rows)) {
    for (let row = 0; row < rows; row++) {
      addToRows(
        layer.weightTarget,
        layer.outputStride,
        listAt(layer, row),
        countOf(layer, row),
        layer.deltas + <usize>row * layer.outputStride,
        scale,
        widthOf(layer),
      );
    }
    return;
  }
  gemm(
    layer.weightTarget,
    layer.outputStride,
    inputs,
    4,
    layer.inputStride,
    layer.deltas,
    layer.outputStride,
    layer.inputs,
    layer.outputs,
    rows,
    scale,
  );
}

/** Whether most of the inputs of the only row are listed, so that one pass over all weights is faster than two by lists. */
export function isFull(layer: Layer): bool {
  return 4 * countOf(layer, 0) > 3 * layer.inputs;
}

/** {@link update} by one row, and {@link forward} of the `next`, with plain descent. */
export function updateThenForward(layer: Layer, inputs: usize, next: usize, scale: f32): void {
  updateCommon(layer, 0, scale);
  begin(layer, 0, next);
  addToRowsThenAdd(
    layer.weights,
    layer.outputStride,
    layer.inputs,
    inputs,
    next,
    layer.common,
    layer.deltas,
    scale,
    layer.activations,
    widthOf(layer),
  );
}
