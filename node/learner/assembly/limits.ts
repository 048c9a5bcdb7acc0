/**
 * What the machine can do at most with this vector width, for the benchmark to compare with: arithmetic in registers,
 * and reading and writing memory.
 * @module
 */
import { madd } from './_simd';

/** Runs `rounds` × 12 independent multiply-adds of four floats, a ← a·factor + term; leaves them in `sums`. */
export function arithmetic(rounds: i32, scale: f32, offset: f32, sums: usize): void {
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
  v128.store(sums, a);
  v128.store(sums, b, 16);
  v128.store(sums, c, 32);
  v128.store(sums, d, 48);
  v128.store(sums, e, 64);
  v128.store(sums, f, 80);
  v128.store(sums, g, 96);
  v128.store(sums, h, 112);
  v128.store(sums, i, 128);
  v128.store(sums, j, 144);
  v128.store(sums, k, 160);
  v128.store(sums, l, 176);
}

/** The same with 20, in neighbouring pairs that fill 256-bit registers. */
export function arithmeticWide(rounds: i32, scale: f32, offset: f32, sums: usize): void {
  const factor = f32x4.splat(scale);
  const term = f32x4.splat(offset);
  let a0 = f32x4.splat(1);
  let a1 = f32x4.splat(2);
  let b0 = f32x4.splat(3);
  let b1 = f32x4.splat(4);
  let c0 = f32x4.splat(5);
  let c1 = f32x4.splat(6);
  let d0 = f32x4.splat(7);
  let d1 = f32x4.splat(8);
  let e0 = f32x4.splat(9);
  let e1 = f32x4.splat(10);
  let f0 = f32x4.splat(11);
  let f1 = f32x4.splat(12);
  let g0 = f32x4.splat(13);
  let g1 = f32x4.splat(14);
  let h0 = f32x4.splat(15);
  let h1 = f32x4.splat(16);
  let i0 = f32x4.splat(17);
  let i1 = f32x4.splat(18);
  let j0 = f32x4.splat(19);
  let j1 = f32x4.splat(20);
  for (let round = 0; round < rounds; round++) {
    a0 = madd(a0, factor, term);
    a1 = madd(a1, factor, term);
    b0 = madd(b0, factor, term);
    b1 = madd(b1, factor, term);
    c0 = madd(c0, factor, term);
    c1 = madd(c1, factor, term);
    d0 = madd(d0, factor, term);
    d1 = madd(d1, factor, term);
    e0 = madd(e0, factor, term);
    e1 = madd(e1, factor, term);
    f0 = madd(f0, factor, term);
    f1 = madd(f1, factor, term);
    g0 = madd(g0, factor, term);
    g1 = madd(g1, factor, term);
    h0 = madd(h0, factor, term);
    h1 = madd(h1, factor, term);
    i0 = madd(i0, factor, term);
    i1 = madd(i1, factor, term);
    j0 = madd(j0, factor, term);
    j1 = madd(j1, factor, term);
  }
  v128.store(sums, a0);
  v128.store(sums, a1, 16);
  v128.store(sums, b0, 32);
  v128.store(sums, b1, 48);
  v128.store(sums, c0, 64);
  v128.store(sums, c1, 80);
  v128.store(sums, d0, 96);
  v128.store(sums, d1, 112);
  v128.store(sums, e0, 128);
  v128.store(sums, e1, 144);
  v128.store(sums, f0, 160);
  v128.store(sums, f1, 176);
  v128.store(sums, g0, 192);
  v128.store(sums, g1, 208);
  v128.store(sums, h0, 224);
  v128.store(sums, h1, 240);
  v128.store(sums, i0, 256);
  v128.store(sums, i1, 272);
  v128.store(sums, j0, 288);
  v128.store(sums, j1, 304);
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
