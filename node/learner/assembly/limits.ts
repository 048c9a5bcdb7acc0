/**
 * What the machine can do at most with this vector width, for the benchmark to compare with: arithmetic in registers,
 * and reading and writing memory.
 * @module
 */
import { madd } from './_simd';

/** Runs `rounds` × 12 independent multiply-adds of four floats, a ← a·factor + term; returns their sum. */
export function arithmetic(rounds: i32, scale: f32, offset: f32): f32 {
  const factor = f32x4.splat(scale);
  const term = f32x4.splat(offset);
  let a = f32x4.splat(1);
  let b = f32x4.splat(2);
  let c = f32x4.splat(3);
  let d = f32x4.splat(4);
  let e = f32x4.splat(5);
  let f = f32x4.splat(6);
  let g = f32x4.splat(7);
  let h = f32x4.splat(8);
  let i = f32x4.splat(9);
  let j = f32x4.splat(10);
  let k = f32x4.splat(11);
  let l = f32x4.splat(12);
  for (let round = 0; round < rounds; round++) {
    a = madd(a, factor, term);
    b = madd(b, factor, term);
    c = madd(c, factor, term);
    d = madd(d, factor, term);
    e = madd(e, factor, term);
    f = madd(f, factor, term);
    g = madd(g, factor, term);
    h = madd(h, factor, term);
    i = madd(i, factor, term);
    j = madd(j, factor, term);
    k = madd(k, factor, term);
    l = madd(l, factor, term);
  }
  const low = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(e, f));
  const high = f32x4.add(f32x4.add(f32x4.add(g, h), f32x4.add(i, j)), f32x4.add(k, l));
  return f32x4.extract_lane(f32x4.add(low, high), 0);
}

/** Reads and writes `bytes` bytes from `start` on, a multiple of 64, as the cheapest update of parameters would. */
export function update(start: usize, bytes: usize): void {
  const term = f32x4.splat(0.000001);
  for (const end = start + bytes; start < end; start += 64) {
    v128.store(start, f32x4.add(v128.load(start), term));
    v128.store(start, f32x4.add(v128.load(start, 16), term), 16);
    v128.store(start, f32x4.add(v128.load(start, 32), term), 32);
    v128.store(start, f32x4.add(v128.load(start, 48), term), 48);
  }
}
