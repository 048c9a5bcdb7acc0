/**
 * Aggregation by the mean: w′ = w + (Δw + ΣΔw̃) / (1 + providers).
 * @module
 */

/**
 * Adds the mean of this party's gradient and those of the providers in the sum. All float32 [D].
 * @param providers - how many gradients are in `sum`.
 */
// deviation: the paper always adds the plain sum, which is as many steps as there are providers where one was meant.
export function addMean(
  parameters: Float32Array,
  gradient: Float32Array,
  sum: Float32Array | undefined,
  providers: number,
): Float32Array {
  const share = 1 / (1 + providers);
  const updated = new Float32Array(parameters.length);
  for (let index = 0; index < updated.length; index++) {
    const given = sum === undefined ? 0 : sum[index];
    updated[index] = parameters[index] + share * (gradient[index] + given);
  }
  return updated;
}
