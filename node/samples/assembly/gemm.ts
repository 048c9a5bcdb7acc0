/**
 * Matrix products for the sample generators' networks. Rows are padded to whole vectors of eight floats, the padding
 * is zero and stays zero.
 * @module
 */
import { madd } from '../../learner/assembly/_simd';

/**
 * C += A·B for rows `first` … `first + 3` of C and eight columns, in registers.
 * `rowStep` and `depthStep` are the bytes between A's neighbours along C's rows and along the summed dimension.
 */
function block4(
  a: usize,
  rowStep: usize,
  depthStep: usize,
  b: usize,
  bStride: usize,
  c: usize,
  cStride: usize,
  depth: i32,
): void {
  let c00 = v128.load(c);
  let c01 = v128.load(c, 16);
  const row1 = c + cStride;
  let c10 = v128.load(row1);
  let c11 = v128.load(row1, 16);
  const row2 = row1 + cStride;
  let c20 = v128.load(row2);
  let c21 = v128.load(row2, 16);
  const row3 = row2 + cStride;
  let c30 = v128.load(row3);
  let c31 = v128.load(row3, 16);
  const rowStep2 = 2 * rowStep;
  const rowStep3 = 3 * rowStep;
  for (let k = 0; k < depth; k++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a);
    c00 = madd(a0, b0, c00);
    c01 = madd(a0, b1, c01);
    const a1 = v128.load32_splat(a + rowStep);
    c10 = madd(a1, b0, c10);
    c11 = madd(a1, b1, c11);
    const a2 = v128.load32_splat(a + rowStep2);
    c20 = madd(a2, b0, c20);
    c21 = madd(a2, b1, c21);
    const a3 = v128.load32_splat(a + rowStep3);
    c30 = madd(a3, b0, c30);
    c31 = madd(a3, b1, c31);
    a += depthStep;
    b += bStride;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(row1, c10);
  v128.store(row1, c11, 16);
  v128.store(row2, c20);
  v128.store(row2, c21, 16);
  v128.store(row3, c30);
  v128.store(row3, c31, 16);
}

/** The same for one row. */
function block1(a: usize, depthStep: usize, b: usize, bStride: usize, c: usize, depth: i32): void {
  let c0 = v128.load(c);
  let c1 = v128.load(c, 16);
  for (let k = 0; k < depth; k++) {
    const a0 = v128.load32_splat(a);
    c0 = madd(a0, v128.load(b), c0);
    c1 = madd(a0, v128.load(b, 16), c1);
    a += depthStep;
    b += bStride;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
}

/**
 * C += A·B, or C += Aᵀ·B through the steps.
 * @param rowStep - bytes from A's entry for one row of C to that for the next.
 * @param depthStep - bytes from one summed entry of A to the next.
 * @param bStride - bytes per row of B; @param cStride - bytes per row of C; both multiples of 32.
 * @param columns - columns of C, rounded up to a multiple of eight.
 */
export function multiply(
  a: usize,
  rowStep: usize,
  depthStep: usize,
  b: usize,
  bStride: usize,
  c: usize,
  cStride: usize,
  rows: i32,
  columns: i32,
  depth: i32,
): void {
  for (let column = 0; column < columns; column += 8) {
    const offset = (<usize>column) << 2;
    let row = 0;
    for (; row + 4 <= rows; row += 4) {
      block4(
        a + <usize>row * rowStep,
        rowStep,
        depthStep,
        b + offset,
        bStride,
        c + <usize>row * cStride + offset,
        cStride,
        depth,
      );
    }
    for (; row < rows; row++) {
      block1(a + <usize>row * rowStep, depthStep, b + offset, bStride, c + <usize>row * cStride + offset, depth);
    }
  }
}

/** Writes the transpose of a float32 matrix; strides in bytes. */
export function transpose(
  source: usize,
  sourceStride: usize,
  target: usize,
  targetStride: usize,
  rows: i32,
  columns: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const from = source + <usize>row * sourceStride;
    const to = target + ((<usize>row) << 2);
    for (let column = 0; column < columns; column++) {
      store<f32>(to + <usize>column * targetStride, load<f32>(from + ((<usize>column) << 2)));
    }
  }
}
