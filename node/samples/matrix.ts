/**
 * Matrices in the memory of the WebAssembly kernels. All products of the generators' networks go through here.
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

/** Rows `first`, `first + every`, … of a matrix. */
export interface Rows {
  readonly matrix: Matrix;
  readonly first: number;
  readonly every: number;
}

/** Memory for matrices and the operations on them. */
export interface Arena {
  /** A zero matrix. */
  create(rows: number, columns: number): Matrix;
  /** result = A·B (with the options' transposes). */
  multiply(result: Matrix, a: Matrix, b: Matrix, options?: MultiplyOptions): void;
  /** The products of the first `count` pairs of rows, in float64; valid until the next call. */
  rowDots(a: Rows, b: Rows, count: number): Float64Array;
  /** Multiplies each of a matrix's first rows by a factor; `every` successive rows have the same. */
  scaleRows(matrix: Matrix, factors: Float64Array, every: number): void;
  /** Zeros of a matrix's size, float64 [rows × stride]; valid until the next call for a matrix of this size. */
  wide(matrix: Matrix): Float64Array;
  /**
   * total += Aᵀ·B over the first `rows` rows: in float32 over `block` of them at a time, in float64 over the blocks.
   * @param total - of {@link Arena.wide} for `part`.
   * @param part - [A's columns × B's columns]; overwritten.
   */
  addBlocks(total: Float64Array, part: Matrix, a: Matrix, b: Matrix, rows: number, block: number): void;
}

const PAGE_BYTES = 65_536;
let compiled: WebAssembly.Module | undefined;

/** The compiled kernels. @throws SamplesError `KERNELS_MISSING`. */
function kernelModule(): WebAssembly.Module {
  if (compiled !== undefined) return compiled;
  const path = join(import.meta.dirname, '..', '..', 'build', 'kernels', 'samples-matrices.wasm');
  try {
    compiled = new WebAssembly.Module(readFileSync(path));
  } catch (cause) {
    throw new SamplesError('KERNELS_MISSING', `The compiled kernels ${path} are missing.`, {
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
  const kernel = (name: string): CallableFunction => {
    const found = exports[name];
    if (typeof found !== 'function') throw new TypeError(`The kernels have no ${name}.`);
    return found;
  };
  const gemm = kernel('gemm');
  const transpose = kernel('transpose');
  const rowDots = kernel('rowDots');
  const scaleRow = kernel('scaleRow');
  const addBlocks = kernel('addBlocks');
  let used = 64;
  const take = (bytes: number): number => {
    const start = used;
    used += Math.ceil(bytes / 64) * 64;
    return start;
  };
  const scratch = new Map<string, Matrix>();
  const wides = new Map<number, Float64Array>();
  let dots = new Float64Array(0);

  const create = (rows: number, columns: number): Matrix => {
    const stride = strideOf(columns);
    const data = new Float32Array(memory.buffer, take(4 * rows * stride), rows * stride);
    return { rows, columns, stride, data };
  };
  const transposed = (matrix: Matrix): Matrix => {
    const key = `${matrix.columns}×${matrix.rows}`;
    const target = scratch.get(key) ?? create(matrix.columns, matrix.rows);
    scratch.set(key, target);
    const { data, stride, rows, columns } = matrix;
    transpose(target.data.byteOffset, 4 * target.stride, data.byteOffset, 4 * stride, rows, columns);
    return target;
  };

  return {
    create,
    multiply(result, a, b, { rows = result.rows, transposeA = false, transposeB = false, depth, add = false } = {}) {
      const right = transposeB ? transposed(b) : b;
      if (!add) result.data.fill(0, 0, rows * result.stride);
      const along = 4 * a.stride;
      gemm(
        result.data.byteOffset,
        4 * result.stride,
        a.data.byteOffset,
        transposeA ? 4 : along,
        transposeA ? along : 4,
        right.data.byteOffset,
        4 * right.stride,
        rows,
        result.stride,
        depth ?? right.rows,
        1,
      );
    },
    rowDots(a, b, count) {
      if (dots.length < count) dots = new Float64Array(memory.buffer, take(8 * count), count);
      rowDots(
        dots.byteOffset,
        a.matrix.data.byteOffset + 4 * a.first * a.matrix.stride,
        4 * a.every * a.matrix.stride,
        b.matrix.data.byteOffset + 4 * b.first * b.matrix.stride,
        4 * b.every * b.matrix.stride,
        count,
        Math.min(a.matrix.stride, b.matrix.stride),
      );
      return dots.subarray(0, count);
    },
    scaleRows({ data, stride }, factors, every) {
      const bytes = 4 * every * stride;
      for (let at = 0; at < factors.length; at++) {
        if (factors[at] !== 1) scaleRow(data.byteOffset + at * bytes, bytes, factors[at]);
      }
    },
    wide({ data: { length } }) {
      const kept = wides.get(length) ?? new Float64Array(memory.buffer, take(8 * length), length);
      wides.set(length, kept);
      return kept.fill(0);
    },
    addBlocks(total, part, a, b, rows, block) {
      addBlocks(
        total.byteOffset,
        part.data.byteOffset,
        4 * part.stride,
        a.data.byteOffset,
        4 * a.stride,
        b.data.byteOffset,
        4 * b.stride,
        part.rows,
        rows,
        block,
      );
    },
  };
}
