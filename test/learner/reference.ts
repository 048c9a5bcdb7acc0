/**
 * Plain float64 networks, the oracle of the kernels: no vectors, no skipping, no padding, every window and every
 * gradient computed, even those that pooling drops.
 * @module
 */

/** A differentiable layer over one example; parameters are a window of one flat vector. */
export interface ReferenceLayer {
  /** Floats of its window. */
  readonly size: number;
  forward(input: Float64Array, parameters: Float64Array): Float64Array;
  /** Adds its gradient to `gradient` and returns the gradient by `input`. */
  backward(input: Float64Array, parameters: Float64Array, delta: Float64Array, gradient: Float64Array): Float64Array;
}

/** Fully connected, weights [in][out], then biases. */
export function dense(inputs: number, outputs: number): ReferenceLayer {
  return {
    size: (inputs + 1) * outputs,
    forward(input, w) {
      return Float64Array.from({ length: outputs }, (_, o) => {
        let sum = w[inputs * outputs + o];
        for (let i = 0; i < inputs; i++) sum += input[i] * w[i * outputs + o];
        return sum;
      });
    },
    backward(input, w, delta, gradient) {
      const result = new Float64Array(inputs);
      for (let o = 0; o < outputs; o++) {
        gradient[inputs * outputs + o] += delta[o];
        for (let i = 0; i < inputs; i++) {
          gradient[i * outputs + o] += input[i] * delta[o];
          result[i] += w[i * outputs + o] * delta[o];
        }
      }
      return result;
    },
  };
}

/** max(x, 0). */
export function rectify(): ReferenceLayer {
  return {
    size: 0,
    forward: (input) => input.map((value) => Math.max(value, 0)),
    backward: (input, _, delta) => delta.map((value, i) => (input[i] > 0 ? value : 0)),
  };
}

/** Valid convolution 5×5 of [side][side][channels]; weights in [5][5][channels][filters] or [filters][5][5][channels]. */
export function convolve(side: number, channels: number, filters: number, filtersFirst: boolean): ReferenceLayer {
  const places = side - 4;
  const taps = 25 * channels;
  /** Calls visit(input index, weight index, output index) for every product. */
  function each(visit: (input: number, weight: number, output: number) => void): void {
    for (let y = 0; y < places; y++) {
      for (let x = 0; x < places; x++) {
        for (let tap = 0; tap < taps; tap++) {
          const channel = tap % channels;
          const dx = Math.floor(tap / channels) % 5;
          const dy = Math.floor(tap / channels / 5);
          const input = ((y + dy) * side + x + dx) * channels + channel;
          for (let f = 0; f < filters; f++) {
            visit(input, filtersFirst ? f * taps + tap : tap * filters + f, (y * places + x) * filters + f);
          }
        }
      }
    }
  }
  return {
    size: (taps + 1) * filters,
    forward(input, w) {
      const result = Float64Array.from(
        { length: places * places * filters },
        (_, o) => w[taps * filters + (o % filters)],
      );
      each((i, weight, o) => {
        result[o] += input[i] * w[weight];
      });
      return result;
    },
    backward(input, w, delta, gradient) {
      const result = new Float64Array(input.length);
      each((i, weight, o) => {
        gradient[weight] += input[i] * delta[o];
        result[i] += w[weight] * delta[o];
      });
      delta.forEach((value, o) => {
        gradient[taps * filters + (o % filters)] += value;
      });
      return result;
    },
  };
}

/** Largest of each full window of `window`×`window` places of [side][side][channels]. */
export function pool(side: number, channels: number, window: number): ReferenceLayer {
  const cells = Math.floor(side / window);
  const winner = (input: Float64Array, o: number) => {
    const channel = o % channels;
    const cellX = Math.floor(o / channels) % cells;
    const cellY = Math.floor(o / channels / cells);
    let best = -1;
    for (let y = 0; y < window; y++) {
      for (let x = 0; x < window; x++) {
        const at = ((cellY * window + y) * side + cellX * window + x) * channels + channel;
        if (best < 0 || input[at] > input[best]) best = at;
      }
    }
    return best;
  };
  return {
    size: 0,
    forward: (input) => Float64Array.from({ length: cells * cells * channels }, (_, o) => input[winner(input, o)]),
    backward(input, _, delta) {
      const result = new Float64Array(input.length);
      delta.forEach((value, o) => {
        result[winner(input, o)] += value;
      });
      return result;
    },
  };
}

/** The layers of an MLP. */
export function mlpLayers(sizes: readonly number[]): ReferenceLayer[] {
  return sizes
    .slice(1)
    .flatMap((outputs, index) => [dense(sizes[index], outputs), rectify()])
    .slice(0, -1);
}

/** The layers of the paper's CNN. */
export function cnnLayers(channels: number, classes: number): ReferenceLayer[] {
  return [
    convolve(32, channels, 32, false),
    rectify(),
    pool(28, 32, 3),
    convolve(9, 32, 64, true),
    rectify(),
    pool(5, 64, 2),
    ...mlpLayers([256, 200, classes]),
  ];
}

/** What the outputs are and what they cost. */
export interface ReferenceLoss {
  readonly output: 'softmax' | 'sigmoid';
  readonly loss: 'crossEntropy' | 'squared';
}

/** The last layer's sums. */
export function logitsOf(layers: readonly ReferenceLayer[], parameters: Float64Array, row: Float64Array): Float64Array {
  return passForward(layers, parameters, row).at(-1) ?? row;
}

/** Outputs of a row. */
export function outputsOf(logits: Float64Array, output: 'softmax' | 'sigmoid'): Float64Array {
  if (output === 'sigmoid') return logits.map((value) => 1 / (1 + Math.exp(-value)));
  const largest = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

/** One row's loss. */
export function lossOf(logits: Float64Array, label: number, { output, loss }: ReferenceLoss): number {
  const outputs = outputsOf(logits, output);
  const targets = outputs.map((_, unit) => (outputs.length === 1 ? label : Number(unit === label)));
  if (loss === 'squared') return outputs.reduce((sum, p, unit) => sum + (p - targets[unit]) ** 2 / outputs.length, 0);
  if (output === 'softmax') return -Math.log(outputs[label]);
  return outputs.reduce((sum, p, unit) => sum - Math.log(targets[unit] === 1 ? p : 1 - p) / outputs.length, 0);
}

function passForward(layers: readonly ReferenceLayer[], parameters: Float64Array, row: Float64Array): Float64Array[] {
  const values = [row];
  let start = 0;
  for (const layer of layers) {
    values.push(layer.forward(values[values.length - 1], parameters.subarray(start, start + layer.size)));
    start += layer.size;
  }
  return values;
}

/** Gradient of the mean loss of a batch. The loss itself is differentiated by central differences. */
export function referenceGradient(
  layers: readonly ReferenceLayer[],
  parameters: Float64Array,
  rows: readonly Float64Array[],
  labels: readonly number[],
  loss: ReferenceLoss = { output: 'softmax', loss: 'crossEntropy' },
): Float64Array {
  const gradient = new Float64Array(parameters.length);
  rows.forEach((row, index) => {
    const values = passForward(layers, parameters, row);
    const logits = values[layers.length];
    let delta: Float64Array = logits.map((value, unit) => {
      const step = 1e-5;
      const above = lossOf(logits.with(unit, value + step), labels[index], loss);
      const below = lossOf(logits.with(unit, value - step), labels[index], loss);
      return (above - below) / (2 * step) / rows.length;
    });
    let start = parameters.length;
    for (let layer = layers.length - 1; layer >= 0; layer--) {
      const { size } = layers[layer];
      start -= size;
      const [from, to] = [start, start + size];
      delta = layers[layer].backward(values[layer], parameters.subarray(from, to), delta, gradient.subarray(from, to));
    }
  });
  return gradient;
}
