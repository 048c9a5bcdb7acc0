/**
 * Training and labelling of fully connected networks: ReLU in the hidden layers, softmax at the end, mean
 * cross-entropy, plain gradient descent. Inputs that are zero and units that ReLU switched off are skipped.
 * @module
 */
import { addScaled, dot, exp } from './_simd';

/** One layer as the caller lays it out in memory: eight 32-bit words. */
@unmanaged
class Layer {
  /** Inputs, and floats from one row of inputs to the next. */
  inputs: i32;
  inputStride: i32;
  /** Outputs, and floats from one row of outputs to the next. */
  outputs: i32;
  outputStride: i32;
  /** float32 [inputs × outputStride]; the columns past `outputs` are zero. */
  weights: usize;
  /** float32 [outputStride]. */
  biases: usize;
  /** float32 [batch × outputStride]. */
  activations: usize;
  /** Gradient of the loss by the sums before ReLU or softmax; float32 [batch × outputStride]. */
  deltas: usize;
}

const LAYER_BYTES: usize = 32;

function layerAt(layers: usize, index: i32): Layer {
  return changetype<Layer>(layers + <usize>index * LAYER_BYTES);
}

/** Computes `rows` rows of a layer's sums (and their ReLU) from rows of inputs. */
function forward(layer: Layer, inputs: usize, rows: i32, relu: bool): void {
  const bytes = (<usize>layer.outputStride) << 2;
  for (let row = 0; row < rows; row++) {
    const source = inputs + ((<usize>(row * layer.inputStride)) << 2);
    const target = layer.activations + ((<usize>(row * layer.outputStride)) << 2);
    memory.copy(target, layer.biases, bytes);
    for (let i = 0; i < layer.inputs; i++) {
      const value = load<f32>(source + ((<usize>i) << 2));
      if (value !== 0) addScaled(target, layer.weights + <usize>i * bytes, value, layer.outputStride);
    }
    if (relu) {
      for (let byte: usize = 0; byte < bytes; byte += 16) {
        v128.store(target + byte, f32x4.max(v128.load(target + byte), f32x4.splat(0)));
      }
    }
  }
}

/** Turns a row of `length` logits into probabilities. Returns false if they are not finite. */
function softmax(row: usize, length: i32): bool {
  let largest: f32 = -Infinity;
  for (let i = 0; i < length; i++) largest = max<f32>(largest, load<f32>(row + ((<usize>i) << 2)));
  let total: f32 = 0;
  for (let i = 0; i < length; i++) {
    const at = row + ((<usize>i) << 2);
    const value = exp(load<f32>(at) - largest);
    store<f32>(at, value);
    total += value;
  }
  for (let i = 0; i < length; i++) {
    const at = row + ((<usize>i) << 2);
    store<f32>(at, load<f32>(at) / total);
  }
  return Number.isFinite(largest) && Number.isFinite(total);
}

/** deltas of the layer below = (deltas · weightsᵀ) where that layer is active, else 0. */
function backward(layer: Layer, below: Layer, rows: i32): void {
  const bytes = (<usize>layer.outputStride) << 2;
  for (let row = 0; row < rows; row++) {
    const deltas = layer.deltas + <usize>row * bytes;
    const activations = below.activations + ((<usize>(row * below.outputStride)) << 2);
    const target = below.deltas + ((<usize>(row * below.outputStride)) << 2);
    for (let i = 0; i < layer.inputs; i++) {
      const at = (<usize>i) << 2;
      const active = load<f32>(activations + at) !== 0;
      store<f32>(target + at, active ? dot(layer.weights + <usize>i * bytes, deltas, layer.outputStride) : 0);
    }
  }
}

/** weights −= rate · inputsᵀ · deltas, biases −= rate · Σ deltas. */
function update(layer: Layer, inputs: usize, rows: i32, rate: f32): void {
  const bytes = (<usize>layer.outputStride) << 2;
  for (let row = 0; row < rows; row++) {
    const source = inputs + ((<usize>(row * layer.inputStride)) << 2);
    const deltas = layer.deltas + <usize>row * bytes;
    addScaled(layer.biases, deltas, -rate, layer.outputStride);
    for (let i = 0; i < layer.inputs; i++) {
      const value = load<f32>(source + ((<usize>i) << 2));
      if (value !== 0) addScaled(layer.weights + <usize>i * bytes, deltas, -rate * value, layer.outputStride);
    }
  }
}

function forwardAll(layers: usize, depth: i32, inputs: usize, rows: i32): void {
  for (let index = 0; index < depth; index++) {
    const layer = layerAt(layers, index);
    forward(layer, inputs, rows, index < depth - 1);
    inputs = layer.activations;
  }
}

/**
 * Takes one step per `batch` of the `count` rows, in their order.
 * @param labels - uint8 [count].
 * @returns the first step (from 0) whose outputs are not finite, or −1.
 */
export function train(layers: usize, depth: i32, inputs: usize, labels: usize, count: i32, batch: i32, rate: f32): i32 {
  const last = layerAt(layers, depth - 1);
  const rowBytes = (<usize>layerAt(layers, 0).inputStride) << 2;
  for (let start = 0, step = 0; start < count; start += batch, step++) {
    const rows = min(batch, count - start);
    const first = inputs + <usize>start * rowBytes;
    forwardAll(layers, depth, first, rows);
    const scale: f32 = 1 / <f32>rows;
    for (let row = 0; row < rows; row++) {
      const offset = (<usize>(row * last.outputStride)) << 2;
      const probabilities = last.activations + offset;
      if (!softmax(probabilities, last.outputs)) return step;
      const label = <i32>load<u8>(labels + start + row);
      for (let i = 0; i < last.outputs; i++) {
        const at = (<usize>i) << 2;
        const target: f32 = i === label ? 1 : 0;
        store<f32>(last.deltas + offset + at, (load<f32>(probabilities + at) - target) * scale);
      }
    }
    for (let index = depth - 1; index > 0; index--) backward(layerAt(layers, index), layerAt(layers, index - 1), rows);
    for (let index = 0; index < depth; index++) {
      update(layerAt(layers, index), index === 0 ? first : layerAt(layers, index - 1).activations, rows, rate);
    }
  }
  return -1;
}

/** Writes the most likely class of each of `count` rows (at most the batch the layers have room for) to `labels`. */
export function label(layers: usize, depth: i32, inputs: usize, labels: usize, count: i32): void {
  forwardAll(layers, depth, inputs, count);
  const last = layerAt(layers, depth - 1);
  for (let row = 0; row < count; row++) {
    const logits = last.activations + ((<usize>(row * last.outputStride)) << 2);
    let best = 0;
    for (let i = 1; i < last.outputs; i++) {
      if (load<f32>(logits + ((<usize>i) << 2)) > load<f32>(logits + ((<usize>best) << 2))) best = i;
    }
    store<u8>(labels + row, <u8>best);
  }
}
