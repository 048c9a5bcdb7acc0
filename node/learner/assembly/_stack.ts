/**
 * A stack of fully connected layers with ReLU between them, an output function and a loss: all of an MLP, the head of a
 * CNN. What a caller lays out is a {@link Plan} and a table of layers.
 * @module
 */
import { backward, forward, isFull, Layer, layerAt, prepare, relu, settle, update } from './_dense';
import { activateOutputs, lossGradient, mostLikely } from './_loss';
import { adamStep, momentumStep } from './_optimiser';

/** Optimisers: plain gradient descent, with momentum, Adam. */
const PLAIN: i32 = 0;
const MOMENTUM: i32 = 1;

/** One model and how it is trained. */
@unmanaged
export class Plan {
  /** Step size of step t (from 0): rate / (1 + decay · t). */
  rate: f64;
  decay: f64;
  /** Momentum, or Adam's β1; and β2. */
  momentum: f64;
  beta2: f64;
  /** Powers of Adam's β1 and β2 so far; 1 at the start. */
  power1: f64;
  power2: f64;
  /** State of the generator of dropout. */
  random: u64;
  /** Steps taken so far. */
  steps: u32;
  /** Rows per step. */
  batch: i32;
  /** 1 if the layers are prepared for the parameters as they are. */
  prepared: i32;
  /** Table of layers, and their number. */
  layers: usize;
  depth: i32;
  /** Output function and loss, as in {@link ./_loss}. */
  output: i32;
  loss: i32;
  optimiser: i32;
  /** All parameters, in one piece of so many bytes; with an optimiser also gradients and its state, alike. */
  parameters: usize;
  parameterBytes: usize;
  gradients: usize;
  firsts: usize;
  seconds: usize;
}

/** The last layer. */
function lastOf(plan: Plan): Layer {
  return layerAt(plan.layers, plan.depth - 1);
}

/** Prepares all layers for a run of steps, or of predictions. */
export function prepareStack(plan: Plan): void {
  if (plan.prepared) return;
  for (let index = 0; index < plan.depth; index++) prepare(layerAt(plan.layers, index));
  plan.prepared = 1;
}

/** Ends a run of steps. */
export function settleStack(plan: Plan): void {
  for (let index = 0; index < plan.depth; index++) settle(layerAt(plan.layers, index));
  plan.prepared = 0;
}

/** Next 32 random bits (splitmix64's upper half). */
function nextBits(plan: Plan): u32 {
  plan.random += 0x9e3779b97f4a7c15;
  let bits = plan.random;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return <u32>((bits ^ (bits >> 31)) >> 32);
}

/** Switches outputs off at random and scales the others, so that their mean stays. */
function dropOut(plan: Plan, layer: Layer, rows: i32): void {
  const threshold = <u32>(<f64>layer.dropout * 4294967296);
  const scale: f32 = 1 / (1 - layer.dropout);
  for (let row = 0; row < rows; row++) {
    let at = layer.activations + <usize>row * layer.outputStride;
    for (let unit = 0; unit < layer.outputs; unit++, at += 4) {
      store<f32>(at, nextBits(plan) < threshold ? 0 : load<f32>(at) * scale);
    }
  }
}

function scaleRows(start: usize, bytes: usize, scale: f32): void {
  for (const end = start + bytes; start < end; start += 16) {
    v128.store(start, f32x4.mul(v128.load(start), f32x4.splat(scale)));
  }
}

/** Computes the last layer's sums for `rows` rows; those of the layers before number `from` are there already. */
export function forwardStack(plan: Plan, inputs: usize, rows: i32, training: bool, from: i32 = 0): void {
  for (let index = 0; index < plan.depth; index++) {
    const layer = layerAt(plan.layers, index);
    if (index >= from) forward(layer, inputs, rows);
    if (index < plan.depth - 1) {
      relu(layer, rows);
      if (training && layer.dropout > 0) dropOut(plan, layer, rows);
    }
    inputs = layer.activations;
  }
}

/**
 * Turns the last layer's sums into outputs and sets the deltas of every layer.
 * @param labels - uint8 [rows].
 * @returns false if the outputs are not finite.
 */
export function backwardStack(plan: Plan, labels: usize, rows: i32): bool {
  const last = lastOf(plan);
  const scale: f32 = 1 / <f32>rows;
  for (let row = 0; row < rows; row++) {
    const offset = <usize>row * last.outputStride;
    const outputs = last.activations + offset;
    if (!activateOutputs(outputs, last.outputs, plan.output)) return false;
    const label = <i32>load<u8>(labels + row);
    lossGradient(last.deltas + offset, outputs, last.outputs, label, plan.output, plan.loss, scale);
  }
  for (let index = plan.depth - 1; index > 0; index--) {
    const below = layerAt(plan.layers, index - 1);
    backward(layerAt(plan.layers, index), below.deltas, below.activations, rows);
    if (below.dropout > 0) scaleRows(below.deltas, <usize>rows * below.outputStride, 1 / (1 - below.dropout));
  }
  return true;
}

/** Adds scale · gradient to the targets of every layer from number `from` on. */
export function updateStack(plan: Plan, inputs: usize, rows: i32, scale: f32, from: i32 = 0): void {
  for (let index = 0; index < plan.depth; index++) {
    const layer = layerAt(plan.layers, index);
    if (index >= from) update(layer, inputs, rows, scale);
    inputs = layer.activations;
  }
}

/** Whether the first layer's update by the only row goes together with its forward pass of the next. */
export function canPassOnce(plan: Plan): bool {
  return plan.batch === 1 && plan.optimiser === PLAIN && isFull(layerAt(plan.layers, 0));
}

/** What a step multiplies the gradient by before adding it to the targets. */
export function updateScale(plan: Plan): f32 {
  if (plan.optimiser !== PLAIN) return 1;
  return <f32>(-plan.rate / (1 + plan.decay * <f64>plan.steps));
}

/** Ends a step: lets the optimiser, if any, move the parameters by the gradient. */
export function finishStep(plan: Plan): void {
  const rate = <f32>(plan.rate / (1 + plan.decay * <f64>plan.steps));
  plan.steps++;
  if (plan.optimiser === PLAIN) return;
  if (plan.optimiser === MOMENTUM) {
    momentumStep(plan.parameters, plan.gradients, plan.firsts, plan.parameterBytes, rate, <f32>plan.momentum);
    return;
  }
  plan.power1 *= plan.momentum;
  plan.power2 *= plan.beta2;
  adamStep(
    plan.parameters,
    plan.gradients,
    plan.firsts,
    plan.seconds,
    plan.parameterBytes,
    rate,
    <f32>plan.momentum,
    <f32>plan.beta2,
    <f32>(1 - plan.power1),
    <f32>(1 - plan.power2),
  );
}

/** Writes the most likely class of each of `rows` rows of the last layer's sums to `labels`. */
export function labelStack(plan: Plan, labels: usize, rows: i32): void {
  const last = lastOf(plan);
  for (let row = 0; row < rows; row++) {
    store<u8>(labels + row, <u8>mostLikely(last.activations + <usize>row * last.outputStride, last.outputs));
  }
}

/** Writes the outputs (probabilities) of each of `rows` rows to `target`, float32 [rows × outputs]. */
export function outputStack(plan: Plan, target: usize, rows: i32): void {
  const last = lastOf(plan);
  const bytes = (<usize>last.outputs) << 2;
  for (let row = 0; row < rows; row++) {
    const outputs = last.activations + <usize>row * last.outputStride;
    activateOutputs(outputs, last.outputs, plan.output);
    memory.copy(target + <usize>row * bytes, outputs, bytes);
  }
}
