/**
 * Low-frequency pictures are grey where the originals are black or white. This finds the curve that gives generated
 * pictures the brightness and contrast the consortium file declares for everybody's; no record is looked at.
 * @module
 */
import type { Normalisation } from './basis.ts';

/** The curve x ↦ 1 / (1 + e^{offset − gain·x}) from raw values to [0, 1]. */
export interface Contrast {
  readonly gain: number;
  readonly offset: number;
}

/** Flatter than 4 the curve would wash pictures out, steeper than 12 it would cut them into black and white. */
const GAINS = { least: 4, most: 12 };
/** Bins of the histogram over raw values in [−1, 2]. */
const BINS = 600;

/** Applies the curve to one raw value. */
export function applyContrast({ gain, offset }: Contrast, value: number): number {
  return 1 / (1 + Math.exp(offset - gain * value));
}

/**
 * Fits the curve to raw values of generated pictures: the mean is matched exactly, the standard deviation as far as
 * the gain's limits allow.
 */
export function fitContrast(values: Float64Array, { mean, stdDev }: Normalisation): Contrast {
  const histogram = new Float64Array(BINS);
  const share = 1 / values.length;
  for (let at = 0; at < values.length; at++) {
    histogram[Math.max(0, Math.min(BINS - 1, Math.floor(((values[at] + 1) / 3) * BINS)))] += share;
  }
  // The curve is fitted in a thousand and more steps, and many bins are empty.
  const filled = Array.from(histogram.keys()).filter((bin) => histogram[bin] > 0);
  const moments = (contrast: Contrast): { mean: number; stdDev: number } => {
    let first = 0;
    let second = 0;
    for (const bin of filled) {
      const value = applyContrast(contrast, -1 + (3 * (bin + 0.5)) / BINS);
      first += histogram[bin] * value;
      second += histogram[bin] * value * value;
    }
    return { mean: first, stdDev: Math.sqrt(Math.max(0, second - first * first)) };
  };
  const withGain = (gain: number): Contrast => ({
    gain,
    offset: bisect(-40, 80, (offset) => moments({ gain, offset }).mean <= mean),
  });
  return withGain(bisect(GAINS.least, GAINS.most, (gain) => moments(withGain(gain)).stdDev >= stdDev));
}

/** The point between `low` and `high` from which on `holds`; `high` if it never does. */
function bisect(low: number, high: number, holds: (x: number) => boolean): number {
  let below = low;
  let above = high;
  for (let step = 0; step < 40; step++) {
    const middle = (below + above) / 2;
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}
