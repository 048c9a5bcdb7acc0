/**
 * Fully connected networks with leaky ReLU, as the critic and the generator need them: every pass keeps the factors of
 * which each record's gradient is made.
 * @module
 */
import type { SeededRandom } from '../random.ts';
import type { Arena, Matrix } from './matrix.ts';

/** Slope of the activation below 0. */
const LEAK = 0.2;

/**
 * Weights of a network. Layer l maps row [a_{l−1}; 1] to a_l: its matrix is [(in + 1) × (out + 1)], biases in the last
 * row; the last column is zero, so that activations have the place for the constant 1 that the next layer expects.
 */
export interface Network {
  /** Inputs, hidden units …, outputs. */
  readonly sizes: readonly number[];
  /** One matrix per layer. */
  readonly layers: readonly Matrix[];
}

/** Working memory of one pass of up to `rows` records. */
export interface Pass {
  /** [a_{l−1}; 1] of each layer l: entry 0 holds the inputs; [rows × (in + 1)]. */
  readonly inputs: readonly Matrix[];
  /** Outputs before any activation; [rows × (out + 1)]. */
  readonly outputs: Matrix;
  /** s_l, the derivative of the result by layer l's sums; [rows × (out + 1)]. The last is the caller's to set. */
  readonly signals: readonly Matrix[];
}

/** Number of trainable parameters: Σ (in + 1)·out. */
export function parameterCount(sizes: readonly number[]): number {
  return sizes.slice(1).reduce((sum, out, layer) => sum + (sizes[layer] + 1) * out, 0);
}

/** Zero matrices with the shapes of a network's layers. */
export function createLayers(arena: Arena, sizes: readonly number[]): Matrix[] {
  return sizes.slice(1).map((out, layer) => arena.create(sizes[layer] + 1, out + 1));
}

/** A network with weights uniform in ±√(6/in)·gain (He et al. 2015) and biases 0. */
export function createNetwork(arena: Arena, sizes: readonly number[], random: SeededRandom, gain = 0.6): Network {
  const layers = createLayers(arena, sizes);
  layers.forEach((matrix, layer) => {
    const bound = gain * Math.sqrt(6 / sizes[layer]);
    for (let row = 0; row < sizes[layer]; row++) {
      for (let column = 0; column < sizes[layer + 1]; column++) {
        matrix.data[row * matrix.stride + column] = (2 * random.uniform() - 1) * bound;
      }
    }
  });
  return { sizes, layers };
}

/** Memory for passes of up to `rows` records. */
export function createPass(arena: Arena, sizes: readonly number[], rows: number): Pass {
  const inputs = sizes.slice(0, -1).map((size) => arena.create(rows, size + 1));
  inputs.forEach((matrix, layer) => {
    for (let row = 0; row < rows; row++) matrix.data[row * matrix.stride + sizes[layer]] = 1;
  });
  const signals = sizes.slice(1).map((size) => arena.create(rows, size + 1));
  return { inputs, outputs: arena.create(rows, sizes[sizes.length - 1] + 1), signals };
}

/** Computes all activations of the first `rows` records from `pass.inputs[0]`. */
export function forward(arena: Arena, { sizes, layers }: Network, pass: Pass, rows: number): void {
  layers.forEach((weights, layer) => {
    const last = layer === layers.length - 1;
    const target = last ? pass.outputs : pass.inputs[layer + 1];
    arena.multiply(target, pass.inputs[layer], weights, { rows });
    if (last) return;
    const { data, stride } = target;
    for (let index = 0; index < rows * stride; index++) if (data[index] < 0) data[index] *= LEAK;
    for (let row = 0; row < rows; row++) data[row * stride + sizes[layer + 1]] = 1;
  });
}

/** Computes s_{L−1} … s_1 from s_L: s_l = D_l·W_{l+1}ᵀ·s_{l+1}, D_l the slopes at the records' activations. */
export function backward(arena: Arena, { sizes, layers }: Network, pass: Pass, rows: number): void {
  for (let layer = layers.length - 1; layer >= 1; layer--) {
    const target = pass.signals[layer - 1];
    arena.multiply(target, pass.signals[layer], layers[layer], { rows, transposeB: true });
    applySlopes(target, pass.inputs[layer], sizes[layer], rows);
  }
}

/** v = W_1ᵀ·s_1: the derivative of the result by the inputs (and, in the last column, by the constant). */
export function inputGradients(arena: Arena, { layers }: Network, pass: Pass, result: Matrix, rows: number): void {
  arena.multiply(result, pass.signals[0], layers[0], { rows, transposeB: true });
}

/** t_l = D_l·W_l·t_{l−1} for l = 1 … L−1, slopes frozen at `pass`, no biases: `tangents[0]` is given, the rest is computed. */
export function pushTangents(
  arena: Arena,
  { sizes, layers }: Network,
  pass: Pass,
  tangents: readonly Matrix[],
  rows: number,
): void {
  for (let layer = 1; layer < layers.length; layer++) {
    arena.multiply(tangents[layer], tangents[layer - 1], layers[layer - 1], { rows });
    applySlopes(tangents[layer], pass.inputs[layer], sizes[layer], rows);
  }
}

/** Σ over records of s_l·[a_{l−1}; 1]ᵀ, for every layer; added to `gradients` if asked. */
export function sumGradients(
  arena: Arena,
  signals: readonly Matrix[],
  inputs: readonly Matrix[],
  gradients: readonly Matrix[],
  rows: number,
  add = false,
): void {
  gradients.forEach((gradient, layer) => {
    arena.multiply(gradient, inputs[layer], signals[layer], { transposeA: true, depth: rows, add });
  });
}

/** Multiplies by the activation's slope where the activations are, and clears the constant's column. */
function applySlopes(target: Matrix, activations: Matrix, size: number, rows: number): void {
  const { data, stride } = target;
  for (let index = 0; index < rows * stride; index++) if (activations.data[index] < 0) data[index] *= LEAK;
  for (let row = 0; row < rows; row++) data[row * stride + size] = 0;
}
