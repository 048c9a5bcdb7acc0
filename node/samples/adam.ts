/**
 * Adam (Kingma & Ba 2015) over the layers of a network.
 * @module
 */
import type { Matrix } from './matrix.ts';

/** Takes one step against the gradients. */
export type Optimiser = (gradients: readonly Matrix[], learningRate: number) => void;

/** Creates the optimiser of some layers; padding stays zero because its gradients are. */
export function createAdam(layers: readonly Matrix[], beta1 = 0.5, beta2 = 0.99): Optimiser {
  const first = layers.map(({ data }) => new Float32Array(data.length));
  const second = layers.map(({ data }) => new Float32Array(data.length));
  let steps = 0;
  return (gradients, learningRate) => {
    steps++;
    const rate = (learningRate * Math.sqrt(1 - beta2 ** steps)) / (1 - beta1 ** steps);
    layers.forEach(({ data }, layer) => {
      const m = first[layer];
      const v = second[layer];
      const gradient = gradients[layer].data;
      for (let index = 0; index < data.length; index++) {
        m[index] += (1 - beta1) * (gradient[index] - m[index]);
        v[index] += (1 - beta2) * (gradient[index] * gradient[index] - v[index]);
        data[index] -= (rate * m[index]) / (Math.sqrt(v[index]) + 1e-8);
      }
    });
  };
}
