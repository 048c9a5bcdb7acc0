/**
 * A complex fast Fourier transform of power-of-two length.
 * @module
 */

/** Sine and cosine tables of one length. */
export interface FourierPlan {
  /** n, a power of two. */
  readonly length: number;
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/** Prepares transforms of `length`, a power of two. Each angle is computed on its own: errors stay near 1 ulp. */
export function createFourierPlan(length: number): FourierPlan {
  const cosines = new Float64Array(length / 2);
  const sines = new Float64Array(length / 2);
  for (let index = 0; index < length / 2; index++) {
    const angle = (2 * Math.PI * index) / length;
    cosines[index] = Math.cos(angle);
    sines[index] = Math.sin(angle);
  }
  return { length, cosines, sines };
}

/** Transforms in place: X_k = Σ x_j e^{−2πijk/n}. The inverse is the same with both arrays exchanged, over n. */
export function transform({ length, cosines, sines }: FourierPlan, real: Float64Array, imaginary: Float64Array): void {
  for (let index = 1, mirrored = 0; index < length; index++) {
    let bit = length >> 1;
    for (; mirrored & bit; bit >>= 1) mirrored ^= bit;
    mirrored ^= bit;
    if (index < mirrored) {
      [real[index], real[mirrored]] = [real[mirrored], real[index]];
      [imaginary[index], imaginary[mirrored]] = [imaginary[mirrored], imaginary[index]];
    }
  }
  for (let half = 1, stride = length / 2; half < length; half *= 2, stride /= 2) {
    for (let start = 0; start < length; start += 2 * half) {
      for (let offset = 0, angle = 0; offset < half; offset++, angle += stride) {
        const low = start + offset;
        const high = low + half;
        const cosine = cosines[angle];
        const sine = sines[angle];
        const re = real[high] * cosine + imaginary[high] * sine;
        const im = imaginary[high] * cosine - real[high] * sine;
        real[high] = real[low] - re;
        imaginary[high] = imaginary[low] - im;
        real[low] += re;
        imaginary[low] += im;
      }
    }
  }
}
