/**
 * Matrix operations of the sample generators' networks: the learner's product, and what per-record clipping needs
 * besides. Rows are padded with zeros to whole vectors of eight floats; the padding stays zero.
 * @module
 */
import { gemm } from '../../learner/assembly/_gemm';

export { gemm, transpose } from '../../learner/assembly/_gemm';

/** Two lanes of `a` times two of `b`, in double precision: the product of two floats is exact. */
function products(a: v128, b: v128): v128 {
  return f64x2.mul(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b));
}

/** The upper two lanes in the place of the lower ones. */
function upper(a: v128): v128 {
  return i8x16.shuffle(a, a, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
}

/**
 * result[i] = Σ over columns of row i of A times row i of B; float64 [count].
 * @param aStep - bytes from one row of A to the next; @param bStep - the same of B.
 * @param columns - floats in a row, a multiple of 8.
 */
export function rowDots(result: usize, a: usize, aStep: usize, b: usize, bStep: usize, count: i32, columns: i32): void {
  const width = (<usize>columns) << 2;
  for (let row = 0; row < count; row++) {
    // Four sums, as each addition waits for the one before.
    let first = f64x2.splat(0);
    let second = first;
    let third = first;
    let fourth = first;
    for (let at: usize = 0; at < width; at += 32) {
      const x = v128.load(a + at);
      const y = v128.load(b + at);
      first = f64x2.add(first, products(x, y));
      second = f64x2.add(second, products(upper(x), upper(y)));
      const nextX = v128.load(a + at, 16);
      const nextY = v128.load(b + at, 16);
      third = f64x2.add(third, products(nextX, nextY));
      fourth = f64x2.add(fourth, products(upper(nextX), upper(nextY)));
    }
    first = f64x2.add(f64x2.add(first, second), f64x2.add(third, fourth));
    store<f64>(result, f64x2.extract_lane(first, 0) + f64x2.extract_lane(first, 1));
    result += 8;
    a += aStep;
    b += bStep;
  }
}

/** Multiplies floats by a factor, in double precision and rounded once; `bytes` is a multiple of 16. */
export function scaleRow(row: usize, bytes: usize, factor: f64): void {
  const factors = f64x2.splat(factor);
  for (let at = row; at < row + bytes; at += 16) {
    const four = v128.load(at);
    const low = f32x4.demote_f64x2_zero(f64x2.mul(f64x2.promote_low_f32x4(four), factors));
    const high = f32x4.demote_f64x2_zero(f64x2.mul(f64x2.promote_low_f32x4(upper(four)), factors));
    v128.store(at, i8x16.shuffle(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
  }
}

/**
 * total += Aᵀ·B, summed in float32 over `block` rows at a time and in float64 over the blocks.
 * @param total - float64 [m × stride], its rows as long as those of `part`.
 * @param part - working memory, float32 [m × stride], `partRow` bytes a row.
 * @param a - [rows × m]; @param b - [rows × n], as wide as `part`.
 */
export function addBlocks(
  total: usize,
  part: usize,
  partRow: usize,
  a: usize,
  aRow: usize,
  b: usize,
  bRow: usize,
  m: i32,
  rows: i32,
  block: i32,
): void {
  const bytes = <usize>m * partRow;
  for (let from = 0; from < rows; from += block) {
    memory.fill(part, 0, bytes);
    const first = <usize>from;
    const depth = min(block, rows - from);
    gemm(part, partRow, a + first * aRow, 4, aRow, b + first * bRow, bRow, m, <i32>(partRow >> 2), depth, 1);
    let to = total;
    for (let at: usize = 0; at < bytes; at += 16, to += 32) {
      const four = v128.load(part + at);
      v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(four)));
      v128.store(to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(upper(four))), 16);
    }
  }
}
