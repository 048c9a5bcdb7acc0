/**
 * The few vector operations all kernels are made of. RELAXED is 1 in the build that may fuse a multiplication with an
 * addition (one rounding instead of two: faster, but its last bits depend on the processor).
 * @module
 */

/** Floats in a vector. All row lengths in kernel memory are multiples of it, padded with zeros. */
export const LANES: i32 = 4;

/** a·b + c. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (RELAXED) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The sum of a vector's lanes, in a fixed order. */
export function sumLanes(a: v128): f32 {
  const pairs = f32x4.add(a, i8x16.shuffle(a, a, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** target[i] += scale · source[i] for `length` floats. */
export function addScaled(target: usize, source: usize, scale: f32, length: i32): void {
  const factor = f32x4.splat(scale);
  for (let byte: usize = 0, end = (<usize>length) << 2; byte < end; byte += 16) {
    v128.store(target + byte, madd(factor, v128.load(source + byte), v128.load(target + byte)));
  }
}

/** Σ a[i] · b[i] over `length` floats. */
export function dot(a: usize, b: usize, length: i32): f32 {
  let sum = f32x4.splat(0);
  for (let byte: usize = 0, end = (<usize>length) << 2; byte < end; byte += 16) {
    sum = madd(v128.load(a + byte), v128.load(b + byte), sum);
  }
  return sumLanes(sum);
}

/** e^x in single precision (Cephes' polynomial, relative error below 2e-7), the same bits on every host. */
export function exp(x: f32): f32 {
  const clamped = max<f32>(min<f32>(x, 88), -87);
  const power = nearest<f32>(clamped * Mathf.LOG2E);
  const rest = clamped - power * 0.693359375 - power * -2.1219444e-4;
  let series: f32 = 1.98756915e-4;
  series = series * rest + 1.3981999507e-3;
  series = series * rest + 8.3334519073e-3;
  series = series * rest + 4.1665795894e-2;
  series = series * rest + 1.6666665459e-1;
  series = series * rest + 5.0000001201e-1;
  const mantissa = series * rest * rest + rest + 1;
  return mantissa * reinterpret<f32>((<i32>power + 127) << 23);
}
