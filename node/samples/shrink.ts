/**
 * Pulls noisy class means to their common mean, each band of coordinates as far as its noise demands. Classes differ in
 * the low frequencies of pictures; in the high ones most of what they seem to differ by is noise.
 * @module
 */

/**
 * Positive-part James–Stein with one prior variance per band, in place. Post-processing: reads released values only.
 * @param means - row y: noisy mean of class y; float64 [classes × D].
 * @param pooled - mean over all classes; float64 [D].
 * @param noise - variance of the noise in each coordinate of a class mean; float64 [classes].
 * @param bands - coordinates that are treated alike; each of the D stands in one band.
 */
export function shrinkMeans(
  means: Float64Array,
  pooled: Float64Array,
  noise: Float64Array,
  bands: readonly (readonly number[])[],
): void {
  const dimension = pooled.length;
  const classes = noise.length;
  // The pooled mean holds a part of each class's noise, so distances to it hold that much less.
  const spread = noise.map((variance) => variance * (1 - 1 / classes));
  for (const band of bands) {
    let squares = 0;
    for (let y = 0; y < classes; y++) for (const d of band) squares += (means[y * dimension + d] - pooled[d]) ** 2;
    const drowned = band.length * spread.reduce((sum, variance) => sum + variance, 0);
    const signal = Math.max(0, squares - drowned) / (band.length * classes);
    for (let y = 0; y < classes; y++) {
      const kept = signal === 0 ? 0 : signal / (signal + spread[y]);
      for (const d of band) {
        const at = y * dimension + d;
        means[at] = pooled[d] + kept * (means[at] - pooled[d]);
      }
    }
  }
}
