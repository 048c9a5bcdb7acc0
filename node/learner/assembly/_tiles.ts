/**
 * The inner loops of the convolutions: as many sums at a time as there are registers. The plain build counts on 128-bit
 * registers; the relaxed build keeps twice as many sums, in neighbouring pairs that V8 joins to 256-bit registers where
 * it may ({@link ../kernels}).
 * @module
 */
import { CELL_BYTES, CELL_ROW, FILTER_BYTES, SEGMENT } from './_cells';
import { madd } from './_simd';

/** Bytes of {@link convolveSix}'s result per place, per three places, and in all. */
export const TILE_FILTERS: usize = 64;
export const THREE_PLACES: usize = 3 * TILE_FILTERS;
export const SIX_PLACES: usize = 6 * TILE_FILTERS;
/** Bytes of the parts in which {@link convolveWindow} leaves a sum. */
export const LANES_BYTES: usize = RELAXED ? 32 : 16;

/** First convolution at six neighbouring places for sixteen filters; writes float32 [6][16]. */
export function convolveSix(
  from: usize,
  pixel: usize,
  pictureRow: usize,
  weights: usize,
  biases: usize,
  sums: usize,
): void {
  if (RELAXED) {
    convolveSixBySixteen(from, pixel, pictureRow, weights, biases, sums);
    return;
  }
  for (let filter: usize = 0; filter < TILE_FILTERS; filter += 32) {
    convolveThreeByEight(from, pixel, pictureRow, weights + filter, biases + filter, sums + filter);
    const second = sums + filter + THREE_PLACES;
    convolveThreeByEight(from + 3 * pixel, pixel, pictureRow, weights + filter, biases + filter, second);
  }
}

/** Three neighbouring places, eight filters: twelve registers with their weights. */
function convolveThreeByEight(
  from: usize,
  pixel: usize,
  pictureRow: usize,
  weights: usize,
  biases: usize,
  sums: usize,
): void {
  let a0 = v128.load(biases);
  let a1 = v128.load(biases, 16);
  let b0 = a0;
  let b1 = a1;
  let c0 = a0;
  let c1 = a1;
  const taps = 5 * pixel;
  for (let tapRow = 0; tapRow < 5; tapRow++, from += pictureRow) {
    for (let at = from, end = from + taps; at < end; at += 4, weights += CELL_BYTES) {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
      let other = at;
      let value = v128.load32_splat(other);
      a0 = madd(value, w0, a0);
      a1 = madd(value, w1, a1);
      other += pixel;
      value = v128.load32_splat(other);
      b0 = madd(value, w0, b0);
      b1 = madd(value, w1, b1);
      other += pixel;
      value = v128.load32_splat(other);
      c0 = madd(value, w0, c0);
      c1 = madd(value, w1, c1);
    }
  }
  v128.store(sums, a0);
  v128.store(sums, a1, 16);
  v128.store(sums, b0, 64);
  v128.store(sums, b1, 80);
  v128.store(sums, c0, 128);
  v128.store(sums, c1, 144);
}

/** Six neighbouring places, sixteen filters: fifteen registers of 256 bits with their weights. */
function convolveSixBySixteen(
  from: usize,
  pixel: usize,
  pictureRow: usize,
  weights: usize,
  biases: usize,
  sums: usize,
): void {
  let a0 = v128.load(biases);
  let a1 = v128.load(biases, 16);
  let a2 = v128.load(biases, 32);
  let a3 = v128.load(biases, 48);
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
  let c0 = a0;
  let c1 = a1;
  let c2 = a2;
  let c3 = a3;
  let d0 = a0;
  let d1 = a1;
  let d2 = a2;
  let d3 = a3;
  let e0 = a0;
  let e1 = a1;
  let e2 = a2;
  let e3 = a3;
  let f0 = a0;
  let f1 = a1;
  let f2 = a2;
  let f3 = a3;
  const taps = 5 * pixel;
  for (let tapRow = 0; tapRow < 5; tapRow++, from += pictureRow) {
    for (let at = from, end = from + taps; at < end; at += 4, weights += CELL_BYTES) {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
      const w2 = v128.load(weights, 32);
      const w3 = v128.load(weights, 48);
      let other = at;
      let value = v128.load32_splat(other);
      a0 = madd(value, w0, a0);
      a1 = madd(value, w1, a1);
      a2 = madd(value, w2, a2);
      a3 = madd(value, w3, a3);
      other += pixel;
      value = v128.load32_splat(other);
      b0 = madd(value, w0, b0);
      b1 = madd(value, w1, b1);
      b2 = madd(value, w2, b2);
      b3 = madd(value, w3, b3);
      other += pixel;
      value = v128.load32_splat(other);
      c0 = madd(value, w0, c0);
      c1 = madd(value, w1, c1);
      c2 = madd(value, w2, c2);
      c3 = madd(value, w3, c3);
      other += pixel;
      value = v128.load32_splat(other);
      d0 = madd(value, w0, d0);
      d1 = madd(value, w1, d1);
      d2 = madd(value, w2, d2);
      d3 = madd(value, w3, d3);
      other += pixel;
      value = v128.load32_splat(other);
      e0 = madd(value, w0, e0);
      e1 = madd(value, w1, e1);
      e2 = madd(value, w2, e2);
      e3 = madd(value, w3, e3);
      other += pixel;
      value = v128.load32_splat(other);
      f0 = madd(value, w0, f0);
      f1 = madd(value, w1, f1);
      f2 = madd(value, w2, f2);
      f3 = madd(value, w3, f3);
    }
  }
  v128.store(sums, a0);
  v128.store(sums, a1, 16);
  v128.store(sums, a2, 32);
  v128.store(sums, a3, 48);
  v128.store(sums, b0, 64);
  v128.store(sums, b1, 80);
  v128.store(sums, b2, 96);
  v128.store(sums, b3, 112);
  v128.store(sums, c0, 128);
  v128.store(sums, c1, 144);
  v128.store(sums, c2, 160);
  v128.store(sums, c3, 176);
  v128.store(sums, d0, 192);
  v128.store(sums, d1, 208);
  v128.store(sums, d2, 224);
  v128.store(sums, d3, 240);
  v128.store(sums, e0, 256);
  v128.store(sums, e1, 272);
  v128.store(sums, e2, 288);
  v128.store(sums, e3, 304);
  v128.store(sums, f0, 320);
  v128.store(sums, f1, 336);
  v128.store(sums, f2, 352);
  v128.store(sums, f3, 368);
}

/** Second convolution at the four places of a window for two filters; writes float32 [2][4][lanes]. */
export function convolveWindow(corner: usize, weights: usize, sums: usize): void {
  if (RELAXED) convolveWindowByEight(corner, weights, sums);
  else convolveWindowByFour(corner, weights, sums);
}

/** Sums in four parts. */
function convolveWindowByFour(corner: usize, weights: usize, sums: usize): void {
  let a0 = f32x4.splat(0);
  let b0 = a0;
  let c0 = a0;
  let d0 = a0;
  let e0 = a0;
  let f0 = a0;
  let g0 = a0;
  let h0 = a0;
  for (let row = 0; row < 5; row++, corner += CELL_ROW) {
    for (let at = corner, end = corner + SEGMENT; at < end; at += 16, weights += 16) {
      const w0 = v128.load(weights);
      const v0 = v128.load(weights, FILTER_BYTES);
      let x0 = v128.load(at);
      a0 = madd(x0, w0, a0);
      e0 = madd(x0, v0, e0);
      x0 = v128.load(at, CELL_BYTES);
      b0 = madd(x0, w0, b0);
      f0 = madd(x0, v0, f0);
      x0 = v128.load(at, CELL_ROW);
      c0 = madd(x0, w0, c0);
      g0 = madd(x0, v0, g0);
      x0 = v128.load(at, CELL_ROW + CELL_BYTES);
      d0 = madd(x0, w0, d0);
      h0 = madd(x0, v0, h0);
    }
  }
  v128.store(sums, a0);
  v128.store(sums, b0, 16);
  v128.store(sums, c0, 32);
  v128.store(sums, d0, 48);
  v128.store(sums, e0, 64);
  v128.store(sums, f0, 80);
  v128.store(sums, g0, 96);
  v128.store(sums, h0, 112);
}

/** Sums in eight parts. */
function convolveWindowByEight(corner: usize, weights: usize, sums: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  let e0 = a0;
  let e1 = a0;
  let f0 = a0;
  let f1 = a0;
  let g0 = a0;
  let g1 = a0;
  let h0 = a0;
  let h1 = a0;
  for (let row = 0; row < 5; row++, corner += CELL_ROW) {
    for (let at = corner, end = corner + SEGMENT; at < end; at += 32, weights += 32) {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
      const v0 = v128.load(weights, FILTER_BYTES);
      const v1 = v128.load(weights, FILTER_BYTES + 16);
      let x0 = v128.load(at);
      let x1 = v128.load(at, 16);
      a0 = madd(x0, w0, a0);
      a1 = madd(x1, w1, a1);
      e0 = madd(x0, v0, e0);
      e1 = madd(x1, v1, e1);
      x0 = v128.load(at, CELL_BYTES);
      x1 = v128.load(at, CELL_BYTES + 16);
      b0 = madd(x0, w0, b0);
      b1 = madd(x1, w1, b1);
      f0 = madd(x0, v0, f0);
      f1 = madd(x1, v1, f1);
      x0 = v128.load(at, CELL_ROW);
      x1 = v128.load(at, CELL_ROW + 16);
      c0 = madd(x0, w0, c0);
      c1 = madd(x1, w1, c1);
      g0 = madd(x0, v0, g0);
      g1 = madd(x1, v1, g1);
      x0 = v128.load(at, CELL_ROW + CELL_BYTES);
      x1 = v128.load(at, CELL_ROW + CELL_BYTES + 16);
      d0 = madd(x0, w0, d0);
      d1 = madd(x1, w1, d1);
      h0 = madd(x0, v0, h0);
      h1 = madd(x1, v1, h1);
    }
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
}
