/**
 * Pictures as they come from files, and how they become the inputs a consortium trains on.
 * @module
 */
import type { Examples } from '../types.ts';
import { DatasetError } from './errors.ts';

/** What the consortium file says about inputs; every party turns its data into this form. */
export interface InputFormat {
  /** Shape of one input: [height, width, channels] for pictures, [features] for tables. */
  readonly shape: readonly number[];
  /** Number of classes, 2 … 256. */
  readonly classes: number;
  /** Inputs are (x − mean) / stdDev. */
  readonly mean: number;
  readonly stdDev: number;
}

/** Labelled pictures of one size, as bytes. */
export interface Pictures {
  /** Brightness, row after row, channels last; uint8 [N × height × width × channels]. */
  readonly pixels: Uint8Array;
  /** Class of each picture; uint8 [N]. */
  readonly labels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** The pictures at `indices`, in that order. */
export function selectPictures(pictures: Pictures, indices: ArrayLike<number>): Pictures {
  const size = pictures.height * pictures.width * pictures.channels;
  const pixels = new Uint8Array(indices.length * size);
  const labels = new Uint8Array(indices.length);
  for (let to = 0; to < indices.length; to++) {
    const from = indices[to];
    pixels.set(pictures.pixels.subarray(from * size, (from + 1) * size), to * size);
    labels[to] = pictures.labels[from];
  }
  return { ...pictures, pixels, labels };
}

/** The examples at `indices`, in that order. */
export function selectExamples(examples: Examples, indices: ArrayLike<number>): Examples {
  const features = examples.shape.reduce((product, side) => product * side, 1);
  const inputs = new Float32Array(indices.length * features);
  const labels = new Uint8Array(indices.length);
  for (let to = 0; to < indices.length; to++) {
    const from = indices[to];
    inputs.set(examples.inputs.subarray(from * features, (from + 1) * features), to * features);
    labels[to] = examples.labels[from];
  }
  return { ...examples, inputs, labels };
}

/**
 * Checks that every label names a class.
 * @param source - what the message calls the place the labels came from.
 * @throws {@link DatasetError} `LABEL_OUT_OF_RANGE`.
 */
export function checkLabels(labels: ArrayLike<number>, classes: number, source: string): void {
  for (let row = 0; row < labels.length; row++) {
    if (labels[row] < 0 || labels[row] >= classes) {
      throw new DatasetError(
        'LABEL_OUT_OF_RANGE',
        `Label ${row} in ${source} is ${labels[row]}, but the consortium has the classes 0 to ${classes - 1}.`,
        {
          action:
            'Use the label file that belongs to these pictures, or relabel the data with the consortium’s classes.',
          meta: { path: source, row, label: labels[row], classes },
        },
      );
    }
  }
}

/** The consortium's input shape as a picture: a bare [F] takes pictures of exactly F numbers, unpadded. */
function targetSize(pictures: Pictures, shape: readonly number[]): readonly [number, number, number] {
  if (shape.length === 1) return [pictures.height, pictures.width, shape[0] / (pictures.height * pictures.width)];
  return [shape[0], shape[1], shape[2] ?? 1];
}

/**
 * Pads pictures with black to the consortium's size, centred, and normalises them: (byte / 255 − mean) / stdDev.
 * @param source - what messages call the place the pictures came from.
 * @throws {@link DatasetError} `SHAPE_MISMATCH` when they are larger or have other channels, `LABEL_OUT_OF_RANGE`.
 */
export function picturesToExamples(pictures: Pictures, format: InputFormat, source: string): Examples {
  const { height, width, channels } = pictures;
  const [toHeight, toWidth, toChannels] = targetSize(pictures, format.shape);
  if (toHeight < height || toWidth < width || toChannels !== channels) {
    throw new DatasetError(
      'SHAPE_MISMATCH',
      `The pictures in ${source} are ${height}×${width}×${channels}, which does not fit the consortium’s input shape ${format.shape.join('×')}.`,
      {
        action: 'Scale the pictures to at most the consortium’s height and width and convert them to its channels.',
        meta: { path: source, shape: [height, width, channels], expected: [...format.shape] },
      },
    );
  }
  checkLabels(pictures.labels, format.classes, source);

  const count = pictures.labels.length;
  const normalised = Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - format.mean) / format.stdDev);
  const inputs = new Float32Array(count * toHeight * toWidth * toChannels).fill(normalised[0]);
  const top = (toHeight - height) >> 1;
  const left = (toWidth - width) >> 1;
  const line = width * channels;
  for (let picture = 0; picture < count; picture++) {
    for (let row = 0; row < height; row++) {
      const from = (picture * height + row) * line;
      const to = ((picture * toHeight + top + row) * toWidth + left) * channels;
      for (let offset = 0; offset < line; offset++) inputs[to + offset] = normalised[pictures.pixels[from + offset]];
    }
  }
  return { inputs, labels: pictures.labels, shape: format.shape, classes: format.classes };
}
