/**
 * The few operations all kernels are made of. RELAXED is 1 in the build that may fuse a multiplication with an
 * addition (one rounding instead of two: faster, but its last bits depend on the processor).
 * @module
 */

/** a·b + c. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (RELAXED) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** a where the lanes of `mask` are all ones, b where they are zero. */
export function select(a: v128, b: v128, mask: v128): v128 {
  if (RELAXED) return i32x4.relaxed_laneselect(a, b, mask);
  return v128.bitselect(a, b, mask);
}

/** The sum of a vector's lanes, in a fixed order. */
export function sumLanes(a: v128): f32 {
  const pairs = f32x4.add(a, i8x16.shuffle(a, a, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The sums of the lanes of four vectors, as one vector. */
export function sumLanesOf4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(
    i8x16.shuffle(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23),
    i8x16.shuffle(a, b, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31),
  ); // a0+a2 b0+b2 a1+a3 b1+b3
  const cd = f32x4.add(
    i8x16.shuffle(c, d, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23),
    i8x16.shuffle(c, d, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31),
  );
  return f32x4.add(
    i8x16.shuffle(ab, cd, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
    i8x16.shuffle(ab, cd, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31),
  );
}

/** target[i] += scale · source[i] for `bytes` / 4 floats; `bytes` is a multiple of 32. */
export function addScaled(target: usize, source: usize, scale: f32, bytes: usize): void {
  const factor = f32x4.splat(scale);
  for (const end = target + bytes; target < end; target += 32, source += 32) {
    const low = madd(factor, v128.load(source), v128.load(target));
    const high = madd(factor, v128.load(source, 16), v128.load(target, 16));
    v128.store(target, low);
    v128.store(target, high, 16);
  }
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
