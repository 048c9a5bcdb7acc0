/**
 * Samples as one PNG picture, for people to look at.
 * @module
 */
import { PNG } from 'pngjs';
import type { Samples } from '../types.ts';
import type { Normalisation } from './basis.ts';
import { SamplesError } from './errors.ts';

/** Pixels between pictures. */
const GAP = 2;
/** Brightness of the gaps, 0 … 255. */
const GAP_GREY = 96;

/**
 * Draws picture samples side by side, row after row.
 * @param columns - pictures per row, ≥ 1.
 * @returns the bytes of a PNG file.
 * @throws SamplesError `SHAPE_MISMATCH` for samples that are not pictures of one or three channels.
 */
export function drawGrid(samples: Samples, { mean, stdDev }: Normalisation, columns: number): Uint8Array {
  const [height, width, channels] = samples.shape;
  if (samples.shape.length !== 3 || (channels !== 1 && channels !== 3)) {
    throw new SamplesError('SHAPE_MISMATCH', `Samples of shape [${samples.shape.join(', ')}] are not pictures.`, {
      fault: 'self',
      action: 'Leave out --out; --json says what publishing samples of a table costs.',
      meta: { shape: samples.shape },
    });
  }
  const count = samples.inputs.length / (height * width * channels);
  const rows = Math.ceil(count / columns);
  const png = new PNG({ width: columns * (width + GAP) + GAP, height: rows * (height + GAP) + GAP });
  for (let at = 0; at < png.data.length; at++) png.data[at] = at % 4 === 3 ? 255 : GAP_GREY;
  for (let index = 0; index < count; index++) {
    const top = GAP + Math.floor(index / columns) * (height + GAP);
    const left = GAP + (index % columns) * (width + GAP);
    for (let pixel = 0; pixel < height * width; pixel++) {
      const target = 4 * ((top + Math.floor(pixel / width)) * png.width + left + (pixel % width));
      for (let colour = 0; colour < 3; colour++) {
        const value = samples.inputs[(index * height * width + pixel) * channels + (channels === 3 ? colour : 0)];
        png.data[target + colour] = Math.round(255 * Math.min(1, Math.max(0, value * stdDev + mean)));
      }
    }
  }
  return PNG.sync.write(png);
}
