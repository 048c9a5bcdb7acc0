/**
 * The paper's aggregation (Algorithm 2, line 3): w′ = w + Δw + ΣΔw̃.
 * @module
 */

/** Adds this party's gradient and the others' sum to its parameters. All float32 [D]; `sum` is undefined when nothing came. */
export function addSum(parameters: Float32Array, gradient: Float32Array, sum: Float32Array | undefined): Float32Array {
  const updated = new Float32Array(parameters.length);
  for (let index = 0; index < updated.length; index++) {
    const given = sum === undefined ? 0 : sum[index];
    updated[index] = parameters[index] + gradient[index] + given;
  }
  return updated;
}
