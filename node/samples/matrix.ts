/**
 * Matrices in the memory of the WebAssembly product kernel. All products of the generators' networks go through here.
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SamplesError } from './errors.ts';

/** A float32 matrix, row after row; rows are padded with zeros to `stride` floats. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Floats from one row to the next, a multiple of 8. */
  readonly stride: number;
  /** All entries with their padding, a view of kernel memory; float32 [rows × stride]. */
  readonly data: Float32Array;
}

/** How {@link Arena.multiply} reads its operands. */
export interface MultiplyOptions {
  /** Rows of the result to compute, from the first; all by default. */
  readonly rows?: number;
  /** Take Aᵀ: sum over A's first `depth` rows. */
  readonly transposeA?: boolean;
  /** Take Bᵀ. */
  readonly transposeB?: boolean;
  /** Length of the sum; by default all of it. */
  readonly depth?: number;
  /** Add to the result instead of replacing it. */
  readonly add?: boolean;
}

/** Memory for matrices and the operations on them. */
export interface Arena {
  /** A zero matrix. */
  create(rows: number, columns: number): Matrix;
  /** result = A·B (with the options' transposes). */
  multiply(result: Matrix, a: Matrix, b: Matrix, options?: MultiplyOptions): void;
}

const PAGE_BYTES = 65_536;
let compiled: WebAssembly.Module | undefined;

/** The compiled kernel. @throws SamplesError `KERNELS_MISSING`. */
function kernelModule(): WebAssembly.Module {
  if (compiled !== undefined) return compiled;
  const path = join(import.meta.dirname, '..', '..', 'build', 'kernels', 'samples-gemm.wasm');
  try {
    compiled = new WebAssembly.Module(readFileSync(path));
  } catch (cause) {
    throw new SamplesError('KERNELS_MISSING', `The compiled kernel ${path} is missing.`, {
      fault: 'self',
      action: 'Run `npm run build`.',
      cause,
    });
  }
  return compiled;
}

/** Floats per row of a matrix with `columns` columns. */
function strideOf(columns: number): number {
  return Math.ceil(columns / 8) * 8;
}

/**
 * Creates an arena.
 * @param floats - room for this many floats, padding included; the memory never grows, so views stay valid.
 */
export function createArena(floats: number): Arena {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * floats) / PAGE_BYTES) + 1 });
  const { exports } = new WebAssembly.Instance(kernelModule(), { env: { memory } });
  const { multiply, transpose } = exports;
  if (typeof multiply !== 'function' || typeof transpose !== 'function') throw new TypeError('Not the product kernel.');
  let used = 64;
  const scratch = new Map<string, Matrix>();

  const create = (rows: number, columns: number): Matrix => {
    const stride = strideOf(columns);
    const data = new Float32Array(memory.buffer, used, rows * stride);
    used += Math.ceil((4 * rows * stride) / 64) * 64;
    return { rows, columns, stride, data };
  };
  const transposed = (matrix: Matrix): Matrix => {
    const key = `${matrix.columns}×${matrix.rows}`;
    const target = scratch.get(key) ?? create(matrix.columns, matrix.rows);
    scratch.set(key, target);
    const { data, stride, rows, columns } = matrix;
    transpose(data.byteOffset, 4 * stride, target.data.byteOffset, 4 * target.stride, rows, columns);
    return target;
  };

  return {
    create,
    multiply(result, a, b, { rows = result.rows, transposeA = false, transposeB = false, depth, add = false } = {}) {
      const right = transposeB ? transposed(b) : b;
      if (!add) result.data.fill(0, 0, rows * result.stride);
      const along = 4 * a.stride;
      multiply(
        a.data.byteOffset,
        transposeA ? 4 : along,
        transposeA ? along : 4,
        right.data.byteOffset,
        4 * right.stride,
        result.data.byteOffset,
        4 * result.stride,
        rows,
        result.stride,
        depth ?? right.rows,
      );
    },
  };
}
