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
function tile(
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
    for (let column: usize = 0; column < width; column += 32) {
      for (let row = 0; row < m; row += 4) {
        tile(
          c + <usize>row * cRow + column,
          cRow,
          aPass + <usize>row * aRow,
          aRow,
          aStep,
          bPass + column,
          bRow,
          steps,
          scale,
          min(4, m - row),
        );
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
