/**
 * A trained model in a file that stands on its own: safetensors, with the model and its inputs in the metadata.
 * @module
 */
import { z } from 'zod';
import { type Consortium, canonicalJson, consortiumSchema } from '../consortium.ts';
import { countParameters, type ParameterTensor, sizeOf } from './engine.ts';
import { LearnerError } from './errors.ts';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './safetensors.ts';

/** What a model file says about itself: enough to use the parameters elsewhere. */
export type ModelDescription = Pick<Consortium, 'model' | 'inputs'>;

const descriptionSchema = consortiumSchema.pick({ model: true, inputs: true });
const metadataKey = 'dppdl';

function badFile(message: string, cause?: unknown): LearnerError {
  return new LearnerError('BAD_FILE', message, {
    fault: 'self',
    action: 'Give a safetensors file that `dppdl model export` wrote; --format layers is for TensorFlow.js.',
    cause,
  });
}

/** Cuts the flat vector into its tensors. @throws {@link LearnerError} `SHAPE_MISMATCH`. */
export function splitParameters(tensors: readonly ParameterTensor[], parameters: Float32Array): NamedTensor[] {
  if (parameters.length !== countParameters(tensors)) {
    throw new LearnerError(
      'SHAPE_MISMATCH',
      `The model has ${countParameters(tensors)} parameters, not ${parameters.length}.`,
      { fault: 'self' },
    );
  }
  let start = 0;
  return tensors.map(({ name, shape }) => {
    const values = parameters.subarray(start, start + sizeOf(shape));
    start += values.length;
    return { name, shape, values };
  });
}

/** Writes a model file. `tensors` are the model's, in the order of the flat vector. */
export function encodeModelFile(
  description: ModelDescription,
  tensors: readonly ParameterTensor[],
  parameters: Float32Array,
): Uint8Array {
  return encodeSafetensors({
    tensors: splitParameters(tensors, parameters),
    metadata: { format: 'pt', [metadataKey]: canonicalJson(description) },
  });
}

/**
 * Reads a model file.
 * @returns the flat vector, the tensors being put together in the file's order.
 * @throws {@link LearnerError} `BAD_FILE`.
 */
export function decodeModelFile(bytes: Uint8Array): {
  readonly description: ModelDescription;
  readonly tensors: readonly NamedTensor[];
  readonly parameters: Float32Array;
} {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const text = metadata[metadataKey];
  if (text === undefined) throw badFile('The file does not say which model it holds.');
  let description: ModelDescription;
  try {
    description = descriptionSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw badFile(
      `The file describes its model wrongly: ${cause instanceof z.ZodError ? z.prettifyError(cause) : text}`,
      cause,
    );
  }
  const parameters = new Float32Array(tensors.reduce((sum, { values }) => sum + values.length, 0));
  let start = 0;
  for (const { values } of tensors) {
    parameters.set(values, start);
    start += values.length;
  }
  return { description, tensors, parameters };
}
