/**
 * The public coordinates in which the Gaussian generator works: few, so that little noise suffices, and fixed before
 * any record is seen. Pictures: low frequencies of the cosine transform; tables: declared ranges.
 * @module
 */
import { SamplesError } from './errors.ts';

/** How raw values were normalised: (x − mean) / stdDev, x in [0, 1] for pictures. */
export interface Normalisation {
  readonly mean: number;
  readonly stdDev: number;
}

/** A public, data-independent linear map between one input and D coordinates of norm about 1. */
export interface Basis {
  /** D. */
  readonly dimension: number;
  /** Coordinates of about the same strength: for pictures those of equal a + b of a channel, for tables all in one. */
  readonly bands: readonly (readonly number[])[];
  /** Writes the coordinates of one normalised input, float32 [F], to `out`, float64 [D]. */
  encode(input: Float32Array, out: Float64Array): void;
  /** The raw values whose coordinates these are, float64 [F]; for pictures not yet clipped to [0, 1]. */
  decode(coordinates: Float64Array): Float64Array;
}

/** Vertical plus horizontal frequencies kept of a brightness channel: a + b < 14, 105 coordinates. */
const BRIGHTNESS_FREQUENCIES = 14;
/** The same for each of two colour channels, to which eyes and classifiers are less sensitive: 28 coordinates. */
const COLOUR_FREQUENCIES = 7;
/** Share of a picture's root-mean-square norm that these frequencies carry, measured on public MNIST: 9.2 of 9.37. */
const KEPT_NORM = 0.982;
/** Orthonormal brightness and colour axes of RGB. */
const COLOUR_AXES: readonly (readonly number[])[] = [
  [1 / Math.sqrt(3), 1 / Math.sqrt(3), 1 / Math.sqrt(3)],
  [1 / Math.sqrt(2), 0, -1 / Math.sqrt(2)],
  [1 / Math.sqrt(6), -2 / Math.sqrt(6), 1 / Math.sqrt(6)],
];

/** Rows 0 … count−1 of the orthonormal cosine transform of `size` points; float64 [count × size]. */
function cosineRows(count: number, size: number): Float64Array {
  const rows = new Float64Array(count * size);
  for (let frequency = 0; frequency < count; frequency++) {
    const scale = Math.sqrt((frequency === 0 ? 1 : 2) / size);
    for (let position = 0; position < size; position++) {
      rows[frequency * size + position] = scale * Math.cos((Math.PI * (position + 0.5) * frequency) / size);
    }
  }
  return rows;
}

/**
 * Basis of pictures [height, width, channels]: per channel (of brightness and two colours for three channels) the
 * cosine coefficients (a, b) with a + b below a cut-off, scaled by the norm a picture of the declared mean and
 * standard deviation has.
 */
export function createPictureBasis(shape: readonly [number, number, number], normalisation: Normalisation): Basis {
  const [height, width, channels] = shape;
  const { mean, stdDev } = normalisation;
  const rows = Math.min(height, BRIGHTNESS_FREQUENCIES);
  const columns = Math.min(width, BRIGHTNESS_FREQUENCIES);
  const vertical = cosineRows(rows, height);
  const horizontal = cosineRows(columns, width);
  const axes = channels === 3 ? COLOUR_AXES : Array.from({ length: channels }, (_, axis) => unit(channels, axis));
  const kept: { axis: number; a: number; b: number }[] = [];
  for (let axis = 0; axis < channels; axis++) {
    const limit = channels === 3 && axis > 0 ? COLOUR_FREQUENCIES : BRIGHTNESS_FREQUENCIES;
    for (let a = 0; a < Math.min(rows, limit); a++) {
      for (let b = 0; b < Math.min(columns, limit - a); b++) kept.push({ axis, a, b });
    }
  }
  const bands: number[][] = [];
  kept.forEach(({ axis, a, b }, index) => {
    const band = axis * BRIGHTNESS_FREQUENCIES + a + b;
    bands[band] ??= [];
    bands[band].push(index);
  });
  const norm = KEPT_NORM * Math.sqrt(height * width * channels * (mean ** 2 + stdDev ** 2));
  const plane = new Float64Array(height * width);
  const half = new Float64Array(rows * width);

  return {
    dimension: kept.length,
    bands: Object.values(bands), // a colour has fewer: no holes
    encode(input, out) {
      let axis = -1;
      for (let index = 0; index < kept.length; index++) {
        const { axis: wanted, a, b } = kept[index];
        if (wanted !== axis) {
          axis = wanted;
          for (let pixel = 0; pixel < plane.length; pixel++) {
            let value = 0;
            for (let channel = 0; channel < channels; channel++) {
              value += axes[axis][channel] * (input[pixel * channels + channel] * stdDev + mean);
            }
            plane[pixel] = value;
          }
          half.fill(0);
          for (let row = 0; row < rows; row++) {
            for (let y = 0; y < height; y++) {
              const factor = vertical[row * height + y];
              for (let x = 0; x < width; x++) half[row * width + x] += factor * plane[y * width + x];
            }
          }
        }
        let value = 0;
        for (let x = 0; x < width; x++) value += half[a * width + x] * horizontal[b * width + x];
        out[index] = value / norm;
      }
    },
    decode(coordinates) {
      const raw = new Float64Array(height * width * channels);
      for (let axis = 0; axis < channels; axis++) {
        half.fill(0);
        for (let index = 0; index < kept.length; index++) {
          const { axis: own, a, b } = kept[index];
          if (own !== axis) continue;
          const factor = coordinates[index] * norm;
          for (let x = 0; x < width; x++) half[a * width + x] += factor * horizontal[b * width + x];
        }
        plane.fill(0);
        for (let y = 0; y < height; y++) {
          for (let row = 0; row < rows; row++) {
            const factor = vertical[row * height + y];
            for (let x = 0; x < width; x++) plane[y * width + x] += factor * half[row * width + x];
          }
        }
        for (let channel = 0; channel < channels; channel++) {
          const factor = axes[axis][channel];
          for (let pixel = 0; pixel < plane.length; pixel++) raw[pixel * channels + channel] += factor * plane[pixel];
        }
      }
      return raw;
    },
  };
}

/** Lowest and highest normalised value a feature may take; declared by people, never computed from private records. */
export type Range = readonly [low: number, high: number];

/** Basis of tables: each feature clipped to its declared range and moved to [−1, 1] / √F. */
export function createTableBasis(ranges: readonly Range[], normalisation: Normalisation): Basis {
  const scale = 1 / Math.sqrt(ranges.length);
  ranges.forEach(([low, high], feature) => {
    if (low < high && Number.isFinite(high - low)) return;
    throw new SamplesError('INVALID_OPTION', `Feature ${feature} has the empty range [${low}, ${high}].`, {
      fault: 'self',
      action: 'Declare a lowest value below the highest.',
      meta: { feature },
    });
  });
  return {
    dimension: ranges.length,
    bands: [Array.from(ranges.keys())],
    encode(input, out) {
      ranges.forEach(([low, high], feature) => {
        const clipped = Math.min(high, Math.max(low, input[feature]));
        out[feature] = scale * ((2 * (clipped - low)) / (high - low) - 1);
      });
    },
    decode(coordinates) {
      return Float64Array.from(ranges, ([low, high], feature) => {
        const value = Math.min(1, Math.max(-1, coordinates[feature] / scale));
        return (low + ((value + 1) / 2) * (high - low)) * normalisation.stdDev + normalisation.mean;
      });
    },
  };
}

/** Range of a feature when none is declared, in standard deviations. */
const DEFAULT_RANGE: Range = [-3, 3];

/** The basis that suits a shape: pictures [height, width, channels], else tables; `ranges` are for tables. */
export function createBasis(shape: readonly number[], normalisation: Normalisation, ranges?: readonly Range[]): Basis {
  if (shape.length === 3) return createPictureBasis([shape[0], shape[1], shape[2]], normalisation);
  const features = shape.reduce((product, size) => product * size, 1);
  if (ranges !== undefined && ranges.length !== features) {
    throw new SamplesError('INVALID_OPTION', `${ranges.length} ranges are declared for ${features} features.`, {
      fault: 'self',
      action: 'Declare one range per feature.',
      meta: { ranges: ranges.length, features },
    });
  }
  return createTableBasis(ranges ?? Array.from({ length: features }, () => DEFAULT_RANGE), normalisation);
}

/** The `index`-th unit vector of `length` dimensions. */
function unit(length: number, index: number): number[] {
  return Array.from({ length }, (_, position) => (position === index ? 1 : 0));
}

/** Scales a vector down to norm `limit` if it is longer. */
export function clip(vector: Float64Array, limit: number): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const norm = Math.sqrt(squares);
  if (norm > limit) for (let index = 0; index < vector.length; index++) vector[index] *= limit / norm;
}
