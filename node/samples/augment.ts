/**
 * Slightly turned and shifted copies of pictures, as the paper augments its data (§4.1.2: 1 degree, 1 % of the size).
 * Copies are never counted as records.
 * @module
 */
import type { SeededRandom } from '../random.ts';

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
  [height, width, channels]: readonly [number, number, number],
  { degrees, shift }: Pick<Augmentation, 'degrees' | 'shift'>,
  random: SeededRandom,
): Float32Array {
  const within = (most: number) => (2 * random.uniform() - 1) * most;
  const angle = (within(degrees) * Math.PI) / 180;
  const down = within(shift * height);
  const right = within(shift * width);
  const sine = Math.sin(angle);
  const cosine = Math.cos(angle);
  const copy = new Float32Array(picture.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dy = y - (height - 1) / 2;
      const dx = x - (width - 1) / 2;
      const sourceY = clamp((height - 1) / 2 + cosine * dy - sine * dx + down, height - 1);
      const sourceX = clamp((width - 1) / 2 + sine * dy + cosine * dx + right, width - 1);
      const top = Math.floor(sourceY);
      const left = Math.floor(sourceX);
      const bottom = Math.min(top + 1, height - 1);
      const next = Math.min(left + 1, width - 1);
      const v = sourceY - top;
      const h = sourceX - left;
      for (let channel = 0; channel < channels; channel++) {
        const at = (row: number, column: number) => picture[(row * width + column) * channels + channel];
        copy[(y * width + x) * channels + channel] =
          (1 - v) * ((1 - h) * at(top, left) + h * at(top, next)) +
          v * ((1 - h) * at(bottom, left) + h * at(bottom, next));
      }
    }
  }
  return copy;
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}
