/**
 * Makes a model of a developer's topology, and refuses one that could not be trained as the learner trains: on one input
 * and one class of each example, by cross-entropy of the probabilities that a softmax gives.
 * @module
 */
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs';
import { canonicalJson } from '../consortium.ts';
import { LearnerError } from './errors.ts';
import type { InputSpec } from './model.ts';
import type { TensorFlow } from './tensorflow.ts';

/** A layer of a model. */
type Layer = layers.Layer;

/** The error of a topology that cannot be used. */
export function invalidTopology(message: string, action: string, cause?: unknown): LearnerError {
  return new LearnerError('INVALID_MODEL', message, { fault: 'self', action, cause });
}

/** The layer a tensor comes out of; of a model inside the model, the one inside. */
function lastLayer({ sourceLayer, outputTensorIndex = 0 }: SymbolicTensor): Layer {
  const inside = 'outputs' in sourceLayer && Array.isArray(sourceLayer.outputs) ? sourceLayer.outputs : [];
  return outputTensorIndex < inside.length ? lastLayer(inside[outputTensorIndex]) : sourceLayer;
}

/** What a layer does to its sums, in TensorFlow.js's words; undefined if nothing has a name. */
function activationOf(layer: Layer): string | undefined {
  const { activation } = layer.getConfig();
  return typeof activation === 'string' ? activation : undefined;
}

/** Whether a layer's outputs are a softmax over the classes, of which each row of a batch has one set. */
function isSoftmax(layer: Layer): boolean {
  switch (layer.getClassName()) {
    case 'Dense':
    case 'Activation':
      return activationOf(layer) === 'softmax';
    case 'Softmax':
      return ['1', '-1'].includes(String(layer.getConfig()['axis']));
    default:
      return false;
  }
}

function checkForm({ inputs, outputs }: LayersModel): void {
  if (inputs.length !== 1 || outputs.length !== 1) {
    throw invalidTopology(
      `The topology has ${inputs.length} inputs and ${outputs.length} outputs, not one of each.`,
      'Make a model that takes one array and gives the probabilities of its class.',
    );
  }
  const [input, output] = [inputs[0].shape.slice(1), outputs[0].shape.slice(1)];
  if (input.includes(null)) {
    throw invalidTopology(
      `The topology takes inputs of shape ${input.map((edge) => edge ?? 'open').join('×')}, which leaves a dimension open.`,
      'Give the first layer the whole inputShape, which is inputs.shape of the consortium file.',
    );
  }
  const layer = lastLayer(outputs[0]);
  if (!isSoftmax(layer)) {
    const kind = [layer.getClassName(), activationOf(layer)].filter((part) => part !== undefined).join(', ');
    throw invalidTopology(
      `The topology ends in the layer ${layer.name} (${kind}), not in a softmax.`,
      'Give the last layer the activation softmax: training and labelling take its outputs for probabilities of classes.',
    );
  }
  if (output.length !== 1) {
    throw invalidTopology(
      `The topology ends in the layer ${layer.name}, whose outputs have shape ${output.join('×')}, not one probability of each class.`,
      'Flatten or pool before the last layer, so that each example has one row of probabilities.',
    );
  }
}

/**
 * Makes the model of a topology.
 * @throws {@link LearnerError} `INVALID_MODEL`: no Layers model, not one input of fixed shape and one output, or no softmax
 * over the classes at the end.
 */
export async function buildModel(tf: TensorFlow, topology: object): Promise<LayersModel> {
  let model: LayersModel;
  try {
    model = await tf.loadLayersModel({ load: async () => ({ modelTopology: topology }) });
  } catch (cause) {
    throw invalidTopology(
      'The topology is not a TensorFlow.js Layers model.',
      'Give the modelTopology of a model.json.',
      cause,
    );
  }
  try {
    checkForm(model);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * Makes the model of a topology for data.
 * @throws {@link LearnerError} `INVALID_MODEL`: as {@link buildModel}, or it has other inputs or classes than the data.
 */
export async function buildModelFor(
  tf: TensorFlow,
  topology: object,
  { shape, classes }: InputSpec,
): Promise<LayersModel> {
  const model = await buildModel(tf, topology);
  const [input, output] = [model.inputs[0].shape.slice(1), model.outputs[0].shape.slice(1)];
  if (canonicalJson([input, output]) === canonicalJson([shape, [classes]])) return model;
  model.dispose();
  throw invalidTopology(
    `The topology maps ${input.join('×')} to ${output.join('×')}; the data have shape ${shape.join('×')} and ${classes} classes.`,
    'Make the model fit inputs.shape and inputs.classes.',
  );
}
