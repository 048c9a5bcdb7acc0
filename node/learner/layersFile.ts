/**
 * Writes a model as a TensorFlow.js Layers model: `model.json` and `weights.bin`, which tfjs, and through its converter
 * Keras, load.
 * @module
 */
import type { ModelDescription } from './modelFile.ts';
import type { NamedTensor } from './safetensors.ts';

/** The two files. */
export interface LayersFiles {
  readonly model: string;
  readonly weights: Uint8Array;
}

interface LayerEntry {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

function denseLayer(name: string, units: number, activation: string): LayerEntry {
  return { class_name: 'Dense', config: { name, units, activation, use_bias: true, trainable: true } };
}

function convolutionLayer(name: string, filters: number): LayerEntry {
  const place = { kernel_size: [5, 5], strides: [1, 1], padding: 'valid', data_format: 'channels_last' };
  return {
    class_name: 'Conv2D',
    config: { name, filters, ...place, activation: 'relu', use_bias: true, trainable: true },
  };
}

function poolLayer(name: string, window: number): LayerEntry {
  const config = { name, pool_size: [window, window], strides: [window, window], padding: 'valid' };
  return { class_name: 'MaxPooling2D', config: { ...config, data_format: 'channels_last' } };
}

const flatten: LayerEntry = { class_name: 'Flatten', config: { name: 'flatten' } };

/** Layers in the order of the tensors, so that weight names fit. */
function layersOf({ model, inputs }: ModelDescription): LayerEntry[] {
  switch (model.kind) {
    case 'mlp': {
      const last = model.layers.length - 1;
      const stack = model.layers.slice(1).flatMap((units, index) => {
        const name = `dense${index + 1}`;
        if (index + 1 === last) return [denseLayer(name, units, model.output ?? 'softmax')];
        const dropout = { class_name: 'Dropout', config: { name: `dropout${index + 1}`, rate: model.dropout } };
        return [denseLayer(name, units, 'relu'), ...(model.dropout ? [dropout] : [])];
      });
      return inputs.shape.length > 1 ? [flatten, ...stack] : stack;
    }
    case 'cnn':
      return [
        convolutionLayer('convolution1', 32),
        poolLayer('pool1', 3),
        convolutionLayer('convolution2', 64),
        poolLayer('pool2', 2),
        flatten,
        denseLayer('dense1', 200, 'relu'),
        denseLayer('dense2', inputs.classes, 'softmax'),
      ];
    case 'layers':
      throw new TypeError('A Layers model has a topology of its own.');
  }
}

/** A built-in model's topology in the form `tf.models.modelFromJSON` takes. */
export function layersTopology(description: ModelDescription): object {
  const [first, ...rest] = layersOf(description);
  const shaped = { ...first, config: { ...first.config, batch_input_shape: [null, ...description.inputs.shape] } };
  return {
    class_name: 'Sequential',
    config: { name: 'dppdl', layers: [shaped, ...rest] },
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
  };
}

/** tfjs wants filters last: [filters][5][5][channels] becomes [5][5][channels][filters]. */
function filtersLast({ name, shape, values }: NamedTensor): NamedTensor {
  if (name !== 'convolution2.weights') return { name, shape, values };
  const [filters, ...kernel] = shape;
  const taps = values.length / filters;
  const moved = new Float32Array(values.length);
  values.forEach((value, at) => {
    moved[(at % taps) * filters + Math.floor(at / taps)] = value;
  });
  return { name, shape: [...kernel, filters], values: moved };
}

/** A built-in model's tensors with the names and layouts of its topology's weights. */
export function layersWeights(tensors: readonly NamedTensor[]): NamedTensor[] {
  return tensors.map(filtersLast).map(({ name, shape, values }) => ({
    name: name.replace('.weights', '/kernel').replace('.biases', '/bias'),
    shape,
    values,
  }));
}

/**
 * Writes `model.json` and `weights.bin` (little-endian float32, one tensor after the other).
 * @param topology - a built-in model's {@link layersTopology}, or that of a developer's model.
 * @param weights - tensors with the names and layouts of the topology's weights.
 */
export function encodeLayersFiles(topology: object, weights: readonly NamedTensor[]): LayersFiles {
  const bytes = new Uint8Array(weights.reduce((sum, { values }) => sum + values.length * 4, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { values } of weights) {
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  const manifest = weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const model = {
    format: 'layers-model',
    generatedBy: 'dppdl',
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: [{ paths: ['weights.bin'], weights: manifest }],
  };
  return { model: JSON.stringify(model), weights: bytes };
}
