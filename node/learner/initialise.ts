/**
 * Initial parameters, the same on every host.
 * @module
 */
import { createSeededRandom } from '../random.ts';
import { type ParameterTensor, sizeOf } from './engine.ts';

/** w0 of a seed: every weight and bias uniform in ±1/√fanIn, drawn in the order of the flat vector; float32 [D]. */
export function uniformParameters(tensors: readonly ParameterTensor[], seed: number): Float32Array {
  const random = createSeededRandom(seed);
  const parts = tensors.map(({ shape, fanIn }) => {
    const bound = 1 / Math.sqrt(fanIn);
    return Float32Array.from({ length: sizeOf(shape) }, () => (2 * random.uniform() - 1) * bound);
  });
  const parameters = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    parameters.set(part, start);
    start += part.length;
  }
  return parameters;
}

/**
 * The same for a developer's model: tensors that its own initialisers make constant (biases, scales) keep that constant.
 * @param drawn - what its own initialisers drew, float32 [D].
 */
export function layersParameters(tensors: readonly ParameterTensor[], drawn: Float32Array, seed: number): Float32Array {
  const parameters = uniformParameters(tensors, seed);
  let start = 0;
  for (const { shape } of tensors) {
    const own = drawn.subarray(start, start + sizeOf(shape));
    if (own.every((value) => value === own[0])) parameters.set(own, start);
    start += own.length;
  }
  return parameters;
}
