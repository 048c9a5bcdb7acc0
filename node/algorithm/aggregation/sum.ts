/**
 * The paper's aggregation (Algorithm 2, line 3): w′ = w + Δw + ΣΔw̃.
 * @module
 */

/** Adds this party's gradient and the others' sum to its parameters. All float32 [D]; `sum` is undefined when nothing came. */
export function addSum(parameters: Float32Array, gradient: Float32Array, sum: Float32Array | undefined): Float32Array {
  return parameters.map((value, index) => value + gradient[index] + (sum?.[index] ?? 0));
}
