/**
 * The second convolution with its ReLU and pooling, forward and backward. Backward, only the place that won its window
 * has a gradient, and none if ReLU switched it off.
 * @module
 */
import { CELL_BYTES, CELL_ROW, CELLS_BYTES, FILTER_BYTES, FILTERS2, SEGMENT } from './_cells';
import { addScaled, select, sumLanesOf4 } from './_simd';
import { addRows } from './_sparse';
import { convolveWindow, LANES_BYTES } from './_tiles';

/** Windows of a picture, and bytes of their results for all filters. */
const WINDOWS: usize = 4;
const WINDOW_BYTES: usize = FILTERS2 << 2;
export const FEATURES_BYTES: usize = WINDOWS * WINDOW_BYTES;

/** Byte offset in the cells of the first place of a pooling window. */
function cornerOf(window: usize): usize {
  return (window >> 1) * 2 * CELL_ROW + (window & 1) * 2 * CELL_BYTES;
}

/**
 * Second convolution, ReLU and pooling of one picture.
 * @param weights - float32 [64][5 × 5 × 32]. @param biases - float32 [64].
 * @param features - receives float32 [2 × 2][64].
 * @param winners - receives, for each, the byte offset in `cells` of the patch that won; int32 [2 × 2][64].
 * @param scratch - room for 512 bytes.
 */
export function forwardSecond(
  cells: usize,
  weights: usize,
  biases: usize,
  features: usize,
  winners: usize,
  scratch: usize,
): void {
  for (let filter: usize = 0; filter < FILTERS2; filter += 4) {
    const first = weights + filter * FILTER_BYTES;
    for (let window: usize = 0; window < WINDOWS; window++) {
      const corner = cornerOf(window);
      convolveWindow(cells + corner, first, scratch);
      convolveWindow(cells + corner, first + 2 * FILTER_BYTES, scratch + 8 * LANES_BYTES);
      const unit = (filter << 2) + window * WINDOW_BYTES;
      poolFour(scratch, v128.load(biases + (filter << 2)), <i32>corner, features + unit, winners + unit);
    }
  }
}

/** The sums of place `place` for four filters. */
function sumsOf(lanes: usize, place: usize): v128 {
  lanes += place * LANES_BYTES;
  const filter = 4 * LANES_BYTES;
  return sumLanesOf4(lanesAt(lanes), lanesAt(lanes + filter), lanesAt(lanes + 2 * filter), lanesAt(lanes + 3 * filter));
}

/** One sum in four parts, of the four or eight it was computed in. */
function lanesAt(lanes: usize): v128 {
  const low = v128.load(lanes);
  return LANES_BYTES === 16 ? low : f32x4.add(low, v128.load(lanes, 16));
}

/**
 * The best of a window's four places for four filters after ReLU, and where it is. Not-a-number comes through the total.
 * @param lanes - float32 [4 filters][4 places][lanes].
 */
function poolFour(lanes: usize, biases: v128, corner: i32, feature: usize, winner: usize): void {
  let best = sumsOf(lanes, 0);
  let total = best;
  let place = i32x4.splat(corner);
  for (let other: usize = 1; other < 4; other++) {
    const sums = sumsOf(lanes, other);
    const here = i32x4.splat(corner + <i32>((other >> 1) * CELL_ROW + (other & 1) * CELL_BYTES));
    place = select(here, place, f32x4.gt(sums, best));
    best = f32x4.pmax(best, sums);
    total = f32x4.add(total, sums);
  }
  const value = f32x4.pmax(f32x4.add(best, biases), f32x4.splat(0));
  v128.store(feature, select(value, total, f32x4.eq(total, total)));
  v128.store(winner, place);
}

/**
 * Adds one filter's part to the gradient by the cells of one picture.
 * @param deltas - gradient by the features, zero where they are switched off; float32 [2 × 2][64].
 * @param result - float32 [8 × 8][32].
 */
export function addCellDeltas(filter: usize, deltas: usize, winners: usize, weights: usize, result: usize): void {
  weights += filter * FILTER_BYTES;
  for (let unit = filter << 2; unit < FEATURES_BYTES; unit += WINDOW_BYTES) {
    const delta = load<f32>(deltas + unit);
    if (delta === 0) continue;
    const place = result + load<usize>(winners + unit);
    for (let row: usize = 0; row < 5; row++) {
      addScaled(place + row * CELL_ROW, weights + row * SEGMENT, delta, SEGMENT);
    }
  }
}

/** Clears the gradient by cells that ReLU switched off. */
export function maskCellDeltas(cells: usize, result: usize): void {
  for (let byte: usize = 0; byte < CELLS_BYTES; byte += 16) {
    const alive = f32x4.ne(v128.load(cells + byte), f32x4.splat(0));
    v128.store(result + byte, v128.and(v128.load(result + byte), alive));
  }
}

/**
 * Adds scale · gradient of one filter to its targets, for `rows` pictures.
 * @param deltas - as in {@link addCellDeltas}, `deltaStride` bytes apart. @param cells, winners - row after row.
 * @param list - room for 4 · rows pairs.
 */
export function updateFilter(
  filter: usize,
  weightTarget: usize,
  biasTarget: usize,
  deltas: usize,
  deltaStride: usize,
  winners: usize,
  cells: usize,
  rows: i32,
  scale: f32,
  list: usize,
): void {
  let end = list;
  let total: f32 = 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    for (let unit = filter << 2; unit < FEATURES_BYTES; unit += WINDOW_BYTES) {
      const delta = scale * load<f32>(deltas + row * deltaStride + unit);
      store<usize>(end, row * CELLS_BYTES + load<usize>(winners + row * FEATURES_BYTES + unit));
      store<f32>(end, delta, 4);
      end += (<usize>(delta !== 0)) << 3;
      total += delta;
    }
  }
  const count = <i32>((end - list) >> 3);
  const weights = weightTarget + filter * FILTER_BYTES;
  for (let row: usize = 0; row < 5; row++) {
    addRows(weights + row * SEGMENT, list, count, cells + row * CELL_ROW, 1, SEGMENT);
  }
  const bias = biasTarget + (filter << 2);
  store<f32>(bias, load<f32>(bias) + total);
}
