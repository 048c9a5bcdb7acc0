/**
 * Pictures seen through a linear map of the plane: the common part of augmenting records and deforming samples.
 * @module
 */

/** Where each place of the new picture lies in the old one, relative to the middle: y' = yy·y + yx·x + down, and so on. */
export interface PlaneMap {
  readonly yy: number;
  readonly yx: number;
  readonly xy: number;
  readonly xx: number;
  /** In pixels. */
  readonly down: number;
  readonly right: number;
}

/**
 * The picture [height, width, channels] as the map shows it, with bilinear interpolation. Places outside take the nearest
 * edge.
 */
export function resample<Values extends Float32Array | Float64Array>(
  picture: Values,
  [height, width, channels]: readonly [number, number, number],
  { yy, yx, xy, xx, down, right }: PlaneMap,
): Values {
  const copy = picture.slice() as Values;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dy = y - (height - 1) / 2;
      const dx = x - (width - 1) / 2;
      const sourceY = clamp((height - 1) / 2 + yy * dy + yx * dx + down, height - 1);
      const sourceX = clamp((width - 1) / 2 + xy * dy + xx * dx + right, width - 1);
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
