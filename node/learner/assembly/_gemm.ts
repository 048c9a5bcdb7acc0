/**
 * Dense matrix product, blocked for registers and the first-level cache. Strides are in bytes; rows of B and C are
 * padded with zeros to a multiple of 32 bytes.
 * @module
 */
import { madd } from './_simd';

/** Steps of the inner sum per pass: the strip of B one pass reads (one cache line per step) stays in 16 KB. */
const PASS: i32 = 256;

/**
 * C += scale · A·B for one tile of C: 4 rows × 8 columns, of which the first `rows` are stored.
 * Element (r, s) of A is at a + r·aRow + s·aStep.
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
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  for (let step = 0; step < steps; step++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let value = v128.load32_splat(a0);
    c00 = madd(value, b0, c00);
    c01 = madd(value, b1, c01);
    value = v128.load32_splat(a1);
    c10 = madd(value, b0, c10);
    c11 = madd(value, b1, c11);
    value = v128.load32_splat(a2);
    c20 = madd(value, b0, c20);
    c21 = madd(value, b1, c21);
    value = v128.load32_splat(a3);
    c30 = madd(value, b0, c30);
    c31 = madd(value, b1, c31);
    a0 += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
    b += bRow;
  }
  const factor = f32x4.splat(scale);
  v128.store(c, madd(factor, c00, v128.load(c)));
  v128.store(c, madd(factor, c01, v128.load(c, 16)), 16);
  if (rows === 1) return;
  c += cRow;
  v128.store(c, madd(factor, c10, v128.load(c)));
  v128.store(c, madd(factor, c11, v128.load(c, 16)), 16);
  if (rows === 2) return;
  c += cRow;
  v128.store(c, madd(factor, c20, v128.load(c)));
  v128.store(c, madd(factor, c21, v128.load(c, 16)), 16);
  if (rows === 3) return;
  c += cRow;
  v128.store(c, madd(factor, c30, v128.load(c)));
  v128.store(c, madd(factor, c31, v128.load(c, 16)), 16);
}

/**
 * The same for 16 columns: for registers of 256 bits.
 */
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
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c02 = c00;
  let c03 = c00;
  let c10 = c00;
  let c11 = c00;
  let c12 = c00;
  let c13 = c00;
  let c20 = c00;
  let c21 = c00;
  let c22 = c00;
  let c23 = c00;
  let c30 = c00;
  let c31 = c00;
  let c32 = c00;
  let c33 = c00;
  for (let step = 0; step < steps; step++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    let value = v128.load32_splat(a0);
    c00 = madd(value, b0, c00);
    c01 = madd(value, b1, c01);
    c02 = madd(value, b2, c02);
    c03 = madd(value, b3, c03);
    value = v128.load32_splat(a1);
    c10 = madd(value, b0, c10);
    c11 = madd(value, b1, c11);
    c12 = madd(value, b2, c12);
    c13 = madd(value, b3, c13);
    value = v128.load32_splat(a2);
    c20 = madd(value, b0, c20);
    c21 = madd(value, b1, c21);
    c22 = madd(value, b2, c22);
    c23 = madd(value, b3, c23);
    value = v128.load32_splat(a3);
    c30 = madd(value, b0, c30);
    c31 = madd(value, b1, c31);
    c32 = madd(value, b2, c32);
    c33 = madd(value, b3, c33);
    a0 += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
    b += bRow;
  }
  const factor = f32x4.splat(scale);
  v128.store(c, madd(factor, c00, v128.load(c)));
  v128.store(c, madd(factor, c01, v128.load(c, 16)), 16);
  v128.store(c, madd(factor, c02, v128.load(c, 32)), 32);
  v128.store(c, madd(factor, c03, v128.load(c, 48)), 48);
  if (rows === 1) return;
  c += cRow;
  v128.store(c, madd(factor, c10, v128.load(c)));
  v128.store(c, madd(factor, c11, v128.load(c, 16)), 16);
  v128.store(c, madd(factor, c12, v128.load(c, 32)), 32);
  v128.store(c, madd(factor, c13, v128.load(c, 48)), 48);
  if (rows === 2) return;
  c += cRow;
  v128.store(c, madd(factor, c20, v128.load(c)));
  v128.store(c, madd(factor, c21, v128.load(c, 16)), 16);
  v128.store(c, madd(factor, c22, v128.load(c, 32)), 32);
  v128.store(c, madd(factor, c23, v128.load(c, 48)), 48);
  if (rows === 3) return;
  c += cRow;
  v128.store(c, madd(factor, c30, v128.load(c)));
  v128.store(c, madd(factor, c31, v128.load(c, 16)), 16);
  v128.store(c, madd(factor, c32, v128.load(c, 32)), 32);
  v128.store(c, madd(factor, c33, v128.load(c, 48)), 48);
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
