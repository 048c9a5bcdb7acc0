/**
 * Small random turns, slants, stretches and shifts of generated pictures. What varies in pictures of every kind need not
 * be learned from records: it is public knowledge, and costs no privacy.
 * @module
 */
import type { SeededRandom } from '../random.ts';
import { normal } from './normal.ts';
import { resample } from './resample.ts';

/** Standard deviations: of the turn in radians, of slant and stretch, and of the shift as a share of the size. */
const TURN = (5 * Math.PI) / 180;
const SLANT = 0.1;
const STRETCH = 0.05;
const SHIFT = 0.02;

/** One deformed copy of a picture [height, width, channels]. */
export function deform(
  picture: Float64Array,
  shape: readonly [number, number, number],
  random: SeededRandom,
): Float64Array {
  const turn = TURN * normal(random);
  const slant = SLANT * normal(random);
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)];
  const [tall, wide] = [Math.exp(STRETCH * normal(random)), Math.exp(STRETCH * normal(random))];
  return resample(picture, shape, {
    yy: (cosine + slant * sine) / tall,
    yx: sine / tall,
    xy: (slant * cosine - sine) / wide,
    xx: cosine / wide,
    down: SHIFT * shape[0] * normal(random),
    right: SHIFT * shape[1] * normal(random),
  });
}
