/**
 * The generator's last, fixed step: from coordinates of the public basis to values as they are published, and back for
 * gradients. Pictures pass through the contrast curve, so they are never below black or above white.
 * @module
 */
import type { Basis, Normalisation } from './basis.ts';
import { applyContrast, type Contrast } from './contrast.ts';
import type { Arena, Matrix } from './matrix.ts';

/** Paints rows of coordinates; keeps what the way back needs. */
export interface Painter {
  /** D. */
  readonly dimension: number;
  /** Published values of the last painted rows, raw; [rows × F]. */
  readonly raw: Matrix;
  /** Paints the first `rows` of `coordinates` [rows × D] and writes what the critic sees of them to `seen` [rows × D]. */
  paint(coordinates: Matrix, seen: Matrix, rows: number): void;
  /** Turns derivatives by `seen` into derivatives by the painted coordinates, both [rows × D]. */
  pullBack(bySeen: Matrix, byCoordinates: Matrix, rows: number): void;
}

/** Copies the first `columns` columns of rows between matrices of different widths. */
export function copyRows(from: Matrix, to: Matrix, rows: number, columns: number): void {
  for (let row = 0; row < rows; row++) {
    const start = row * from.stride;
    to.data.set(from.data.subarray(start, start + columns), row * to.stride);
  }
}

/** Painter of pictures: σ(gain·x − offset) of the decoded picture x, seen through the basis again. */
export function createPicturePainter(
  arena: Arena,
  basis: Basis,
  features: number,
  normalisation: Normalisation,
  contrast: Contrast,
  maxRows: number,
): Painter {
  const { dimension } = basis;
  const decoder = arena.create(dimension, features);
  const encoder = arena.create(features, dimension);
  const blank = new Float64Array(dimension);
  for (let d = 0; d < dimension; d++) {
    blank[d] = 1;
    decoder.data.set(Float32Array.from(basis.decode(blank)), d * decoder.stride);
    blank[d] = 0;
  }
  const { mean, stdDev } = normalisation;
  const black = new Float32Array(features).fill(-mean / stdDev);
  const coordinates = new Float64Array(dimension);
  for (let f = 0; f < features; f++) {
    black[f] = (1 - mean) / stdDev;
    basis.encode(black, coordinates);
    encoder.data.set(Float32Array.from(coordinates), f * encoder.stride);
    black[f] = -mean / stdDev;
  }
  const raw = arena.create(maxRows, features);
  const byRaw = arena.create(maxRows, features);

  return {
    dimension,
    raw,
    paint(from, seen, rows) {
      arena.multiply(raw, from, decoder, { rows });
      for (let row = 0; row < rows; row++) {
        for (let at = row * raw.stride; at < row * raw.stride + features; at++) {
          raw.data[at] = applyContrast(contrast, raw.data[at]);
        }
      }
      arena.multiply(seen, raw, encoder, { rows });
    },
    pullBack(bySeen, byCoordinates, rows) {
      arena.multiply(byRaw, bySeen, encoder, { rows, transposeB: true, depth: dimension });
      for (let row = 0; row < rows; row++) {
        for (let at = row * raw.stride; at < row * raw.stride + features; at++) {
          byRaw.data[at] *= contrast.gain * raw.data[at] * (1 - raw.data[at]);
        }
      }
      arena.multiply(byCoordinates, byRaw, decoder, { rows, transposeB: true, depth: features });
    },
  };
}

/** Painter of tables: the critic sees the coordinates themselves; published values are cut at the declared ranges. */
export function createTablePainter(arena: Arena, basis: Basis, features: number, maxRows: number): Painter {
  const { dimension } = basis;
  const raw = arena.create(maxRows, features);
  return {
    dimension,
    raw,
    paint(from, seen, rows) {
      copyRows(from, seen, rows, dimension);
      for (let row = 0; row < rows; row++) {
        const coordinates = Float64Array.from(from.data.subarray(row * from.stride, row * from.stride + dimension));
        raw.data.set(Float32Array.from(basis.decode(coordinates)), row * raw.stride);
      }
    },
    pullBack(bySeen, byCoordinates, rows) {
      copyRows(bySeen, byCoordinates, rows, dimension);
    },
  };
}
