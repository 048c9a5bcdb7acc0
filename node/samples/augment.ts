/**
 * Slightly turned and shifted copies of pictures, as the paper augments its data (§4.1.2: 1 degree, 1 % of the size).
 * Copies are never counted as records.
 * @module
 */
import type { RandomBytes } from '../privacy/discreteGaussian.ts';
import { createSecretRandom, type SeededRandom } from '../random.ts';
import { resample } from './resample.ts';

/** How far copies may differ from the original. */
export interface Augmentation {
  /** Copies of each record, ≥ 1; the first is the original. */
  readonly copies: number;
  /** Largest turn in degrees. */
  readonly degrees: number;
  /** Largest shift as a share of height and width. */
  readonly shift: number;
}

/** The paper's ranges. */
export const PAPER_AUGMENTATION = { degrees: 1, shift: 0.01 } as const;

/**
 * One copy of a picture [height, width, channels], turned about its middle and shifted, with bilinear interpolation.
 * Places outside the picture take its nearest edge.
 */
export function augment(
  picture: Float32Array,
  shape: readonly [number, number, number],
  { degrees, shift }: Pick<Augmentation, 'degrees' | 'shift'>,
  random: SeededRandom,
): Float32Array {
  const within = (most: number) => (2 * random.uniform() - 1) * most;
  const angle = (within(degrees) * Math.PI) / 180;
  const down = within(shift * shape[0]);
  const right = within(shift * shape[1]);
  const sine = Math.sin(angle);
  const cosine = Math.cos(angle);
  return resample(picture, shape, { yy: cosine, yx: -sine, xy: sine, xx: cosine, down, right });
}

/**
 * A record's copies, the original first. Rows of tables are not changed.
 * @param randomBytes - decides how copies differ; must be secret.
 */
export function copiesOf(
  original: Float32Array,
  shape: readonly number[],
  augmentation: Augmentation,
  randomBytes: RandomBytes,
): Float32Array[] {
  // A stream for each record: from one for all, a record more would change the copies of all behind it.
  const random = createSecretRandom(randomBytes);
  return Array.from({ length: augmentation.copies }, (_, copy) =>
    copy === 0 || shape.length !== 3
      ? original
      : augment(original, [shape[0], shape[1], shape[2]], augmentation, random),
  );
}
