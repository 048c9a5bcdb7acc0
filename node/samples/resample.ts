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
    const dy = y - (height - 1) / 2;
    for (let x = 0; x < width; x++) {
      const dx = x - (width - 1) / 2;
      const sourceY = clamp((height - 1) / 2 + yy * dy + yx * dx + down, height - 1);
      const sourceX = clamp((width - 1) / 2 + xy * dy + xx * dx + right, width - 1);
      const top = Math.trunc(sourceY);
      const left = Math.trunc(sourceX);
      const v = sourceY - top;
      const h = sourceX - left;
      const at = (top * width + left) * channels;
      const next = left + 1 < width ? channels : 0;
      const below = top + 1 < height ? width * channels : 0;
      const to = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) {
        const from = at + channel;
        copy[to + channel] =
          (1 - v) * ((1 - h) * picture[from] + h * picture[from + next]) +
          v * ((1 - h) * picture[from + below] + h * picture[from + below + next]);
      }
    }
  }
  return copy;
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}
