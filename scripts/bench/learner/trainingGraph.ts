/**
 * One training step of the benchmark's models as a graph: forward, backward and gradient descent; parameters go in and
 * come out changed.
 * @module
 */
import type { Attribute, Graph, GraphNode, GraphValue } from './onnx.ts';

/** Parameters of the MLP and of the CNN, in PyTorch's layouts for convolutions and [in][out] for the others. */
const shapes = {
  mlp: { w1: [1024, 128], b1: [128], w2: [128, 64], b2: [64], w3: [64, 10], b3: [10] },
  cnn: {
    k1: [32, 1, 5, 5],
    c1: [32],
    k2: [64, 32, 5, 5],
    c2: [64],
    w1: [256, 200],
    b1: [200],
    w2: [200, 10],
    b2: [10],
  },
} as const;

/** A step's graph: inputs `x`, `target` (one-hot) and the parameters; outputs the parameters' names with `.next`. */
export function trainingGraph(model: 'mlp' | 'cnn', batch: number, learningRate: number): Graph {
  const nodes: GraphNode[] = [];
  const parameters: Readonly<Record<string, readonly number[]>> = shapes[model];
  const constants: Record<string, number | readonly number[]> = {
    zero: 0,
    rate: learningRate,
    share: 1 / batch,
    rows: [0],
  };
  const pictureConstants = {
    places: [0, 2, 3],
    features: [batch, 256],
    maps: [batch, 64, 2, 2],
    places1: [batch, 32, 28, 28],
    places2: [batch, 64, 5, 5],
  };
  let count = 0;
  function add(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const output = `v${count++}`;
    nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }
  function store(name: string, value: string): void {
    nodes.push({ op: 'Identity', inputs: [value], outputs: [`${name}.next`], attributes: {} });
  }
  /** parameter − rate · gradient. */
  const descend = (name: string, gradient: string) => store(name, add('Sub', [name, add('Mul', ['rate', gradient])]));
  /** The gradient where `values`, the outputs of a ReLU, are not zero. */
  const throughRelu = (values: string, gradient: string) =>
    add('Where', [add('Greater', [values, 'zero']), gradient, 'zero']);

  /** Fully connected layers from `inputs` to the loss and back; returns the gradient by `inputs`, if it is wanted. */
  function dense(inputs: string, depth: number, passesDown: boolean): string {
    const values = [inputs];
    for (let layer = 1; layer <= depth; layer++) {
      const sums = add('Gemm', [values[layer - 1], `w${layer}`, `b${layer}`]);
      values.push(layer < depth ? add('Relu', [sums]) : add('Softmax', [sums], { axis: 1 }));
    }
    let delta = add('Mul', [add('Sub', [values[depth], 'target']), 'share']);
    for (let layer = depth; layer >= 1; layer--) {
      const own = delta;
      if (layer > 1) {
        delta = throughRelu(values[layer - 1], add('Gemm', [own, `w${layer}`], { transB: 1 }));
      } else if (passesDown) delta = add('Gemm', [own, 'w1'], { transB: 1 });
      const step = { transA: 1, alpha: { float: -learningRate } };
      store(`w${layer}`, add('Gemm', [values[layer - 1], own, `w${layer}`], step));
      descend(`b${layer}`, add('ReduceSum', [own, 'rows'], { keepdims: 0 }));
    }
    return delta;
  }

  /** Convolution, ReLU and pooling; `places` names the constant with the shape before pooling. */
  function convolve(inputs: string, layer: number, window: number) {
    const sums = add('Relu', [add('Conv', [inputs, `k${layer}`, `c${layer}`])]);
    const [pooled, winners] = [`pooled${layer}`, `winners${layer}`];
    const attributes = { kernel_shape: [window, window], strides: [window, window] };
    nodes.push({ op: 'MaxPool', inputs: [sums], outputs: [pooled, winners], attributes });
    /** Descends, from the gradient by `pooled`; returns the gradient by the convolution's sums. */
    const back = (gradient: string) => {
      const alive = throughRelu(pooled, gradient);
      const delta = add('MaxUnpool', [alive, winners, `places${layer}`], attributes);
      const swap = { perm: [1, 0, 2, 3] };
      // Rows of the batch take the place of channels: the weights' gradient is a convolution, too.
      const products = add('Conv', [add('Transpose', [inputs], swap), add('Transpose', [delta], swap)]);
      descend(`k${layer}`, add('Transpose', [products], swap));
      descend(`c${layer}`, add('ReduceSum', [delta, 'places'], { keepdims: 0 }));
      return delta;
    };
    return { pooled, back };
  }

  if (model === 'mlp') dense('x', 3, false);
  else {
    Object.assign(constants, pictureConstants);
    const first = convolve('x', 1, 3);
    const second = convolve(first.pooled, 2, 2);
    const gradient = dense(add('Reshape', [second.pooled, 'features']), 2, true);
    const delta = second.back(add('Reshape', [gradient, 'maps']));
    first.back(add('ConvTranspose', [delta, 'k2']));
  }
  const values: GraphValue[] = Object.entries(parameters).map(([name, shape]) => ({ name, shape }));
  return {
    nodes,
    constants,
    inputs: [
      { name: 'x', shape: model === 'mlp' ? [batch, 1024] : [batch, 1, 32, 32] },
      { name: 'target', shape: [batch, 10] },
      ...values,
    ],
    outputs: values.map(({ name, shape }) => ({ name: `${name}.next`, shape })),
  };
}
