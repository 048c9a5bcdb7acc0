/**
 * Initial parameters, the same on every host.
 * @module
 */
import { createSeededRandom } from '../random.ts';
import type { ParameterTensor } from './engine.ts';

/** w0 of a seed: every weight and bias uniform in ±1/√fanIn, drawn in the order of the flat vector; float32 [D]. */
export function uniformParameters(tensors: readonly ParameterTensor[], seed: number): Float32Array {
  const random = createSeededRandom(seed);
  const parts = tensors.map(({ shape, fanIn }) => {
    const bound = 1 / Math.sqrt(fanIn);
    const length = shape.reduce((size, edge) => size * edge, 1);
    return Float32Array.from({ length }, () => (2 * random.uniform() - 1) * bound);
  });
  const parameters = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    parameters.set(part, start);
    start += part.length;
  }
  return parameters;
}
