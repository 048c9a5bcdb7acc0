/**
 * The private records as the critic's training reads them: coordinates of each record's copies, and Poisson samples.
 * @module
 */
import type { RandomBytes } from '../privacy/discreteGaussian.ts';
import type { Examples } from '../types.ts';
import { type Augmentation, copiesOf } from './augment.ts';
import { type Basis, clip } from './basis.ts';
import type { Batch } from './critic.ts';
import type { Arena, Matrix } from './matrix.ts';

/** Private records, ready to be sampled. */
export interface Records {
  /** Probability with which each record is in a batch. */
  readonly sampleRate: number;
  /** Most rows a batch can have; records beyond are left out (probability below 1e-16 per batch). */
  readonly capacity: number;
  /** A Poisson sample of the records; the copies of one follow one another. Valid until the next call. */
  sample(): Batch;
}

/** Coordinates are cut at this norm, twice a usual picture's, so that no record can overflow the critic's float32. */
const LONGEST = 2;

/** Records expected in a batch plus ten standard deviations. */
export function capacityOf(expected: number): number {
  return Math.ceil(expected + 10 * Math.sqrt(expected)) + 1;
}

/**
 * Encodes all records and their copies once.
 * @param expected - records in a batch on average, at most N.
 * @param randomBytes - decides who is in a batch, and how copies differ; must be secret and unpredictable, as the noise.
 */
export function createRecords(
  arena: Arena,
  examples: Examples,
  basis: Basis,
  expected: number,
  augmentation: Augmentation | undefined,
  randomBytes: RandomBytes,
): Records {
  const { inputs, labels, shape } = examples;
  const count = labels.length;
  const features = inputs.length / count;
  const copies = augmentation?.copies ?? 1;
  const { dimension } = basis;
  const coordinates = new Float32Array(count * copies * dimension);
  const encoded = new Float64Array(dimension);
  for (let record = 0; record < count; record++) {
    const original = inputs.subarray(record * features, (record + 1) * features);
    // deviation: the paper counts copies as records; here a record's copies are averaged before clipping.
    const inputsOf = augmentation === undefined ? [original] : copiesOf(original, shape, augmentation, randomBytes);
    inputsOf.forEach((values, copy) => {
      basis.encode(values, encoded);
      clip(encoded, LONGEST);
      coordinates.set(encoded, (record * copies + copy) * dimension);
    });
  }
  const threshold = Math.floor((expected / count) * 2 ** 32);
  const capacity = capacityOf(expected) * copies;
  const rows: Matrix = arena.create(capacity, dimension);
  const classes = new Uint8Array(capacity);

  return {
    sampleRate: threshold / 2 ** 32,
    capacity,
    sample() {
      const words = new Uint32Array(randomBytes(4 * count).slice().buffer);
      let used = 0;
      for (let record = 0; record < count; record++) {
        if (words[record] >= threshold || used + copies > capacity) continue;
        for (let copy = 0; copy < copies; copy++, used++) {
          const from = (record * copies + copy) * dimension;
          rows.data.set(coordinates.subarray(from, from + dimension), used * rows.stride);
          classes[used] = labels[record];
        }
      }
      return { coordinates: rows, labels: classes.subarray(0, used) };
    },
  };
}
