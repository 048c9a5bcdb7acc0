/**
 * A plain float64 MLP, the oracle of the kernels: no vectors, no skipping, no padding.
 * @module
 */

/** One step of mean cross-entropy descent over `rows` of the inputs; returns the new flat parameters. */
export function referenceStep(
  sizes: readonly number[],
  parameters: Float64Array,
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  rate: number,
): Float64Array {
  const starts = layerStarts(sizes);
  const next = parameters.slice();
  rows.forEach((row, index) => {
    const activations = referenceForward(sizes, parameters, row);
    const output = activations[activations.length - 1];
    const largest = Math.max(...output);
    const powers = output.map((value) => Math.exp(value - largest));
    const total = powers.reduce((sum, value) => sum + value, 0);
    let delta = powers.map((value, unit) => (value / total - (unit === labels[index] ? 1 : 0)) / rows.length);
    for (let layer = sizes.length - 2; layer >= 0; layer--) {
      const [inputs, outputs] = [sizes[layer], sizes[layer + 1]];
      const below = activations[layer];
      const deltaBelow = Array.from({ length: inputs }, () => 0);
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          const at = starts[layer] + i * outputs + o;
          deltaBelow[i] += below[i] > 0 ? parameters[at] * delta[o] : 0;
          next[at] -= rate * below[i] * delta[o];
        }
      }
      for (let o = 0; o < outputs; o++) next[starts[layer] + inputs * outputs + o] -= rate * delta[o];
      delta = deltaBelow;
    }
  });
  return next;
}

/** The input, every hidden layer after ReLU, and the logits. */
export function referenceForward(
  sizes: readonly number[],
  parameters: Float64Array,
  row: readonly number[],
): number[][] {
  const starts = layerStarts(sizes);
  const activations = [[...row]];
  for (let layer = 0; layer + 1 < sizes.length; layer++) {
    const [inputs, outputs] = [sizes[layer], sizes[layer + 1]];
    const below = activations[layer];
    activations.push(
      Array.from({ length: outputs }, (_, o) => {
        let sum = parameters[starts[layer] + inputs * outputs + o];
        for (let i = 0; i < inputs; i++) sum += below[i] * parameters[starts[layer] + i * outputs + o];
        return layer + 2 < sizes.length ? Math.max(sum, 0) : sum;
      }),
    );
  }
  return activations;
}

function layerStarts(sizes: readonly number[]): number[] {
  const starts = [0];
  for (let layer = 0; layer + 1 < sizes.length; layer++) {
    starts.push(starts[layer] + (sizes[layer] + 1) * sizes[layer + 1]);
  }
  return starts;
}
