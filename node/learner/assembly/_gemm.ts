/**
 * Dense matrix product, blocked for registers and the first-level cache. Strides are in bytes; rows of B and C are
 * padded with zeros to a multiple of 32 bytes.
 * @module
 */
import { madd } from './_simd';

/** Steps of the inner sum per pass: the strip of B one pass reads (one cache line per step) stays in 16 KB. */
const PASS: i32 = 256;

/**
 * C += scale · A·B for one tile of C: 4 rows × 8 columns. Of fewer than four `rows` the first stands in for the others,
 * which writes the same values once more. Element (r, s) of A is at a + r·aRow + s·aStep.
 */
function tileOf8(
  c: usize,
  cRow: usize,
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bRow: usize,
  steps: i32,
  scale: f32,
  rows: i32,
): void {
  let a0 = a;
  let a1 = a + (rows > 1 ? aRow : 0);
  let a2 = a + (rows > 2 ? 2 * aRow : 0);
  let a3 = a + (rows > 3 ? 3 * aRow : 0);
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  for (let step = 0; step < steps; step++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let value = v128.load32_splat(a0);
    s00 = madd(value, b0, s00);
    s01 = madd(value, b1, s01);
    value = v128.load32_splat(a1);
    s10 = madd(value, b0, s10);
    s11 = madd(value, b1, s11);
    value = v128.load32_splat(a2);
    s20 = madd(value, b0, s20);
    s21 = madd(value, b1, s21);
    value = v128.load32_splat(a3);
    s30 = madd(value, b0, s30);
    s31 = madd(value, b1, s31);
    a0 += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
    b += bRow;
  }
  const factor = f32x4.splat(scale);
  const c1 = c + (rows > 1 ? cRow : 0);
  const c2 = c + (rows > 2 ? 2 * cRow : 0);
  const c3 = c + (rows > 3 ? 3 * cRow : 0);
  s00 = madd(factor, s00, v128.load(c));
  s01 = madd(factor, s01, v128.load(c, 16));
  s10 = madd(factor, s10, v128.load(c1));
  s11 = madd(factor, s11, v128.load(c1, 16));
  s20 = madd(factor, s20, v128.load(c2));
  s21 = madd(factor, s21, v128.load(c2, 16));
  s30 = madd(factor, s30, v128.load(c3));
  s31 = madd(factor, s31, v128.load(c3, 16));
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}

/** The same for 16 columns, which fill registers of 256 bits. */
function tileOf16(
  c: usize,
  cRow: usize,
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bRow: usize,
  steps: i32,
  scale: f32,
  rows: i32,
): void {
  let a0 = a;
  let a1 = a + (rows > 1 ? aRow : 0);
  let a2 = a + (rows > 2 ? 2 * aRow : 0);
  let a3 = a + (rows > 3 ? 3 * aRow : 0);
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s02 = s00;
  let s03 = s00;
  let s10 = s00;
  let s11 = s00;
  let s12 = s00;
  let s13 = s00;
  let s20 = s00;
  let s21 = s00;
  let s22 = s00;
  let s23 = s00;
  let s30 = s00;
  let s31 = s00;
  let s32 = s00;
  let s33 = s00;
  for (let step = 0; step < steps; step++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    let value = v128.load32_splat(a0);
    s00 = madd(value, b0, s00);
    s01 = madd(value, b1, s01);
    s02 = madd(value, b2, s02);
    s03 = madd(value, b3, s03);
    value = v128.load32_splat(a1);
    s10 = madd(value, b0, s10);
    s11 = madd(value, b1, s11);
    s12 = madd(value, b2, s12);
    s13 = madd(value, b3, s13);
    value = v128.load32_splat(a2);
    s20 = madd(value, b0, s20);
    s21 = madd(value, b1, s21);
    s22 = madd(value, b2, s22);
    s23 = madd(value, b3, s23);
    value = v128.load32_splat(a3);
    s30 = madd(value, b0, s30);
    s31 = madd(value, b1, s31);
    s32 = madd(value, b2, s32);
    s33 = madd(value, b3, s33);
    a0 += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
    b += bRow;
  }
  const factor = f32x4.splat(scale);
  const c1 = c + (rows > 1 ? cRow : 0);
  const c2 = c + (rows > 2 ? 2 * cRow : 0);
  const c3 = c + (rows > 3 ? 3 * cRow : 0);
  s00 = madd(factor, s00, v128.load(c));
  s01 = madd(factor, s01, v128.load(c, 16));
  s02 = madd(factor, s02, v128.load(c, 32));
  s03 = madd(factor, s03, v128.load(c, 48));
  s10 = madd(factor, s10, v128.load(c1));
  s11 = madd(factor, s11, v128.load(c1, 16));
  s12 = madd(factor, s12, v128.load(c1, 32));
  s13 = madd(factor, s13, v128.load(c1, 48));
  s20 = madd(factor, s20, v128.load(c2));
  s21 = madd(factor, s21, v128.load(c2, 16));
  s22 = madd(factor, s22, v128.load(c2, 32));
  s23 = madd(factor, s23, v128.load(c2, 48));
  s30 = madd(factor, s30, v128.load(c3));
  s31 = madd(factor, s31, v128.load(c3, 16));
  s32 = madd(factor, s32, v128.load(c3, 32));
  s33 = madd(factor, s33, v128.load(c3, 48));
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c, s02, 32);
  v128.store(c, s03, 48);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c1, s12, 32);
  v128.store(c1, s13, 48);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c2, s22, 32);
  v128.store(c2, s23, 48);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
  v128.store(c3, s32, 32);
  v128.store(c3, s33, 48);
}

/**
 * C += scale · A·B.
 * @param c - float32 [m × n], rows `cRow` bytes apart.
 * @param a - element (r, s) of A is at a + r·aRow + s·aStep, so that A may be the transpose of a stored matrix.
 * @param b - float32 [k × n], rows `bRow` bytes apart.
 * @param n - columns; those up to the next multiple of 8 are read and written too.
 */
export function gemm(
  c: usize,
  cRow: usize,
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bRow: usize,
  m: i32,
  n: i32,
  k: i32,
  scale: f32,
): void {
  const width = (<usize>n) << 2;
  for (let pass = 0; pass < k; pass += PASS) {
    const steps = min(PASS, k - pass);
    const aPass = a + <usize>pass * aStep;
    const bPass = b + <usize>pass * bRow;
    let column: usize = 0;
    for (; RELAXED && column + 64 <= width; column += 64) {
      for (let row = 0; row < m; row += 4) {
        const to = c + <usize>row * cRow + column;
        const from = aPass + <usize>row * aRow;
        tileOf16(to, cRow, from, aRow, aStep, bPass + column, bRow, steps, scale, min(4, m - row));
      }
    }
    for (; column < width; column += 32) {
      for (let row = 0; row < m; row += 4) {
        const to = c + <usize>row * cRow + column;
        const from = aPass + <usize>row * aRow;
        tileOf8(to, cRow, from, aRow, aStep, bPass + column, bRow, steps, scale, min(4, m - row));
      }
    }
  }
}

/** target[column][row] = source[row][column] of a float32 [rows × columns] matrix; strides in bytes. */
export function transpose(
  target: usize,
  targetRow: usize,
  source: usize,
  sourceRow: usize,
  rows: i32,
  columns: i32,
): void {
  for (let row = 0; row < rows; row++) {
    let to = target + ((<usize>row) << 2);
    let from = source + <usize>row * sourceRow;
    for (let column = 0; column < columns; column++) {
      store<f32>(to, load<f32>(from));
      to += targetRow;
      from += 4;
    }
  }
}
