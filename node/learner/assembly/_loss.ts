/**
 * The last layer's outputs, what they cost, and the gradient by its sums.
 * @module
 */
import { exp } from './_simd';

/** Output functions. */
export const SOFTMAX: i32 = 0;
export const SIGMOID: i32 = 1;
/** Losses: cross-entropy (binary, for sigmoid outputs) and squared error. */
export const CROSS_ENTROPY: i32 = 0;
export const SQUARED: i32 = 1;

/** Replaces a row of `length` sums by outputs. Returns false if they are not finite. */
export function activateOutputs(row: usize, length: i32, output: i32): bool {
  const end = row + ((<usize>length) << 2);
  if (output === SIGMOID) {
    let finite = true;
    for (let at = row; at < end; at += 4) {
      const sum = load<f32>(at);
      finite = finite && Number.isFinite(sum);
      store<f32>(at, 1 / (1 + exp(-sum)));
    }
    return finite;
  }
  let largest: f32 = -Infinity;
  for (let at = row; at < end; at += 4) largest = max<f32>(largest, load<f32>(at));
  let total: f32 = 0;
  for (let at = row; at < end; at += 4) {
    const power = exp(load<f32>(at) - largest);
    store<f32>(at, power);
    total += power;
  }
  for (let at = row; at < end; at += 4) store<f32>(at, load<f32>(at) / total);
  return Number.isFinite(largest) && Number.isFinite(total);
}

/** The target of unit `unit`: one unit stands for class 1 of two, more units for one class each. */
function targetOf(label: i32, unit: i32, length: i32): f32 {
  return length === 1 ? <f32>label : <f32>(unit === label);
}

/**
 * Gradient of one row's loss by the sums, times `scale`. Cross-entropy on softmax is Σ −t·log p; binary cross-entropy
 * and squared error are means over the units.
 */
export function lossGradient(
  deltas: usize,
  outputs: usize,
  length: i32,
  label: i32,
  output: i32,
  loss: i32,
  scale: f32,
): void {
  if (output === SIGMOID || loss === SQUARED) scale /= <f32>length;
  let mean: f32 = 0;
  for (let unit = 0; unit < length; unit++) {
    const at = (<usize>unit) << 2;
    const value = load<f32>(outputs + at);
    let delta = (value - targetOf(label, unit, length)) * scale;
    if (loss === SQUARED) {
      delta *= 2 * value;
      if (output === SIGMOID) delta *= 1 - value;
      mean += delta;
    }
    store<f32>(deltas + at, delta);
  }
  if (loss !== SQUARED || output !== SOFTMAX) return;
  // Softmax couples the units: δ_i = p_i·(g_i − Σ g_j p_j), and `delta` above is g_i·p_i.
  for (let unit = 0; unit < length; unit++) {
    const at = (<usize>unit) << 2;
    store<f32>(deltas + at, load<f32>(deltas + at) - load<f32>(outputs + at) * mean);
  }
}

/** The most likely class of a row of sums; of a single unit, class 1 if its sum is positive. */
export function mostLikely(row: usize, length: i32): i32 {
  if (length === 1) return <i32>(load<f32>(row) > 0);
  let best = 0;
  for (let unit = 1; unit < length; unit++) {
    if (load<f32>(row + ((<usize>unit) << 2)) > load<f32>(row + ((<usize>best) << 2))) best = unit;
  }
  return best;
}
