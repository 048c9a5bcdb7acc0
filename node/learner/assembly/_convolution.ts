/**
 * The two convolutions of the paper's CNN with their ReLU and max pooling, forward and backward, one picture at a time:
 * 32×32 picture → 32 filters 5×5 (28×28) → pool 3 (9×9) → 64 filters 5×5 (5×5) → pool 2 (2×2) = 256 features.
 *
 * Pooling drops what does not fill a window, so only 4×4 of the second convolution's 5×5 places matter, with them 8×8 of
 * the 9×9 cells below and 24×24 of the 28×28 places below those. Nothing else is computed. Backward, only the place
 * that won its window has a gradient, and none if ReLU switched it off.
 * @module
 */
import { addScaled, madd, sumLanesOf4 } from './_simd';
import { addRows } from './_sparse';

const SIDE: usize = 32;
/** Bytes of a row of a picture with one channel. */
const ROW1: usize = SIDE << 2;
const TAPS: i32 = 5;
const FILTERS1: usize = 32;
const FILTERS2: i32 = 64;
/** Cells of a side after the first pooling that are used. */
const CELLS: usize = 8;
/** Bytes of one cell, of a row of cells, and of all: float32 [8 × 8 × 32]. */
const CELL_BYTES: usize = FILTERS1 << 2;
const CELL_ROW: usize = CELLS * CELL_BYTES;
export const CELLS_BYTES: usize = CELLS * CELL_ROW;
/** Bytes of five neighbouring cells, and of the five rows of them that a filter of the second convolution sees. */
const SEGMENT: usize = 5 * CELL_BYTES;
/** Bytes from one filter of the second convolution to the next: 800 floats and padding (`strideOf` of the host). */
export const FILTER_BYTES: usize = 3200;
/** Bytes of a row of {@link gatherFirst}'s sums: five taps of up to three channels, padded. */
const TAP_ROW: usize = 64;

/** Places of a pooling window of the second layer, as byte offsets in the cells. */
function placeOffset(cell: i32, place: i32): usize {
  const y = <usize>((cell >> 1) * 2 + (place >> 1));
  const x = <usize>((cell & 1) * 2 + (place & 1));
  return y * CELL_ROW + x * CELL_BYTES;
}

/** Writes, for each row of a picture, which pixels differ from `common`, one bit each; int32 [32]. */
function findContent(picture: usize, channels: usize, common: f32, content: usize): void {
  const commons = f32x4.splat(common);
  const row = SIDE * channels;
  for (let y: usize = 0; y < SIDE; y++) {
    let bits: u32 = 0;
    for (let float: usize = 0; float < row; float += 4, picture += 16) {
      let differs = <u32>i32x4.bitmask(f32x4.ne(v128.load(picture), commons));
      for (let at = float; differs !== 0; at++, differs >>= 1) bits |= (differs & 1) << (<u32>(at / channels));
    }
    store<u32>(content + (y << 2), bits);
  }
}

/** What the first convolution gives where the whole patch is `common`: float32 [32], after ReLU, summed as always. */
function convolveCommon(channels: usize, common: f32, weights: usize, biases: usize, result: usize): void {
  const value = f32x4.splat(common);
  const end = weights + channels * 25 * CELL_BYTES;
  for (let filter: usize = 0; filter < CELL_BYTES; filter += 16) {
    let sum = v128.load(biases + filter);
    for (let weight = weights + filter; weight < end; weight += CELL_BYTES) sum = madd(value, v128.load(weight), sum);
    v128.store(result + filter, f32x4.max(sum, f32x4.splat(0)));
  }
}

/**
 * First convolution, ReLU and pooling of one picture. Cells that see nothing but `common` are copied, not computed.
 * @param common - the picture's background, or not-a-number.
 * @param weights - float32 [5 × 5 × channels][32]. @param biases - float32 [32].
 * @param cells - receives float32 [8 × 8][32].
 * @param winners - receives, for each, the byte offset in the picture of the patch that won; int32 [8 × 8][32].
 * @param scratch - room for 256 bytes.
 */
export function forwardFirst(
  picture: usize,
  channels: usize,
  common: f32,
  weights: usize,
  biases: usize,
  cells: usize,
  winners: usize,
  scratch: usize,
): void {
  const pixel = channels << 2;
  const pictureRow = SIDE * pixel;
  const hasCommon = common === common;
  const empty = scratch + CELL_BYTES;
  if (hasCommon) {
    findContent(picture, channels, common, scratch);
    convolveCommon(channels, common, weights, biases, empty);
  }
  for (let cellY: usize = 0; cellY < CELLS; cellY++) {
    for (let cellX: usize = 0; cellX < CELLS; cellX++) {
      const corner = cellY * 3 * pictureRow + cellX * 3 * pixel;
      const to = cellY * CELL_ROW + cellX * CELL_BYTES;
      if (hasCommon && isEmpty(scratch, cellY, cellX)) {
        for (let filter: usize = 0; filter < CELL_BYTES; filter += 16) {
          v128.store(cells + to + filter, v128.load(empty + filter));
          v128.store(winners + to + filter, i32x4.splat(<i32>corner));
        }
        continue;
      }
      for (let filter: usize = 0; filter < CELL_BYTES; filter += 32) {
        poolCell(
          picture,
          corner,
          pixel,
          pictureRow,
          weights + filter,
          biases + filter,
          cells + to + filter,
          winners + to + filter,
        );
      }
    }
  }
}

/** Whether a cell sees no content: 7 rows of 7 pixels. */
function isEmpty(content: usize, cellY: usize, cellX: usize): bool {
  const rows = content + ((cellY * 3) << 2);
  let bits: u32 = 0;
  for (let row: usize = 0; row < 7; row++) bits |= load<u32>(rows + (row << 2));
  return (bits & ((<u32>0x7f) << (<u32>(cellX * 3)))) === 0;
}

/** One cell × eight filters: the best of three rows of three places each. */
function poolCell(
  picture: usize,
  corner: usize,
  pixel: usize,
  pictureRow: usize,
  weights: usize,
  biases: usize,
  cell: usize,
  winner: usize,
): void {
  const zero = f32x4.splat(0);
  v128.store(cell, zero);
  v128.store(cell, zero, 16);
  const bias0 = v128.load(biases);
  const bias1 = v128.load(biases, 16);
  const taps = pixel * 5;
  for (let row: usize = 0; row < 3; row++) {
    const offset = corner + row * pictureRow;
    let a0 = bias0;
    let a1 = bias1;
    let b0 = bias0;
    let b1 = bias1;
    let c0 = bias0;
    let c1 = bias1;
    let from = picture + offset;
    let weight = weights;
    for (let tapRow = 0; tapRow < TAPS; tapRow++, from += pictureRow) {
      let at = from;
      for (const end = from + taps; at < end; at += 4, weight += CELL_BYTES) {
        const w0 = v128.load(weight);
        const w1 = v128.load(weight, 16);
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
    keepBest(cell, winner, a0, b0, c0, offset, pixel);
    keepBest(cell + 16, winner + 16, a1, b1, c1, offset, pixel);
  }
}

/** Lets three neighbouring places compete with the best so far. Not-a-number wins and stays, so that it is noticed. */
function keepBest(cell: usize, winner: usize, a: v128, b: v128, c: v128, offset: usize, pixel: usize): void {
  let best = v128.load(cell);
  let place = v128.load(winner);
  place = v128.bitselect(i32x4.splat(<i32>offset), place, f32x4.gt(a, best));
  best = f32x4.max(a, best);
  place = v128.bitselect(i32x4.splat(<i32>(offset + pixel)), place, f32x4.gt(b, best));
  best = f32x4.max(b, best);
  place = v128.bitselect(i32x4.splat(<i32>(offset + 2 * pixel)), place, f32x4.gt(c, best));
  best = f32x4.max(c, best);
  v128.store(cell, best);
  v128.store(winner, place);
}

/**
 * Second convolution, ReLU and pooling of one picture.
 * @param weights - float32 [64][5 × 5 × 32]. @param biases - float32 [64].
 * @param features - receives float32 [2 × 2][64].
 * @param winners - receives, for each, the byte offset in `cells` of the patch that won; int32 [2 × 2][64].
 */
export function forwardSecond(cells: usize, weights: usize, biases: usize, features: usize, winners: usize): void {
  for (let filter = 0; filter < FILTERS2; filter += 2) {
    const w = weights + <usize>filter * FILTER_BYTES;
    for (let cell = 0; cell < 4; cell++) {
      const corner = cells + placeOffset(cell, 0);
      let a0 = f32x4.splat(0);
      let a1 = a0;
      let a2 = a0;
      let a3 = a0;
      let b0 = a0;
      let b1 = a0;
      let b2 = a0;
      let b3 = a0;
      let first = w;
      for (let row: usize = 0; row < 5; row++) {
        let at = corner + row * CELL_ROW;
        for (const end = at + SEGMENT; at < end; at += 16, first += 16) {
          const w0 = v128.load(first);
          const w1 = v128.load(first, FILTER_BYTES);
          let value = v128.load(at);
          a0 = madd(value, w0, a0);
          b0 = madd(value, w1, b0);
          value = v128.load(at, CELL_BYTES);
          a1 = madd(value, w0, a1);
          b1 = madd(value, w1, b1);
          value = v128.load(at, CELL_ROW);
          a2 = madd(value, w0, a2);
          b2 = madd(value, w1, b2);
          value = v128.load(at, CELL_ROW + CELL_BYTES);
          a3 = madd(value, w0, a3);
          b3 = madd(value, w1, b3);
        }
      }
      const unit = (<usize>(cell * FILTERS2 + filter)) << 2;
      keepWinner(
        sumLanesOf4(a0, a1, a2, a3),
        load<f32>(biases + ((<usize>filter) << 2)),
        cell,
        features + unit,
        winners + unit,
      );
      keepWinner(
        sumLanesOf4(b0, b1, b2, b3),
        load<f32>(biases + ((<usize>filter) << 2), 4),
        cell,
        features + unit + 4,
        winners + unit + 4,
      );
    }
  }
}

/** Writes the largest of a window's four sums after ReLU, and where it came from. */
function keepWinner(sums: v128, bias: f32, cell: i32, feature: usize, winner: usize): void {
  let best = f32x4.extract_lane(sums, 0);
  let place = 0;
  const second = f32x4.extract_lane(sums, 1);
  place = second > best ? 1 : place;
  best = max<f32>(second, best);
  const third = f32x4.extract_lane(sums, 2);
  place = third > best ? 2 : place;
  best = max<f32>(third, best);
  const fourth = f32x4.extract_lane(sums, 3);
  place = fourth > best ? 3 : place;
  best = max<f32>(fourth, best);
  store<f32>(feature, max<f32>(best + bias, 0));
  store<i32>(winner, <i32>placeOffset(cell, place));
}

/**
 * Gradient by the cells of one picture, zero where ReLU switched a cell off.
 * @param deltas - gradient by the features, zero where they are switched off; float32 [2 × 2][64].
 * @param result - receives float32 [8 × 8][32].
 * @param list - room for 64 pairs.
 */
export function backwardSecond(
  deltas: usize,
  winners: usize,
  weights: usize,
  cells: usize,
  result: usize,
  list: usize,
): void {
  memory.fill(result, 0, CELLS_BYTES);
  for (let cell = 0; cell < 4; cell++) {
    const start = (<usize>(cell * FILTERS2)) << 2;
    for (let place = 0; place < 4; place++) {
      const offset = placeOffset(cell, place);
      let end = list;
      for (let filter: usize = 0; filter < <usize>FILTERS2; filter++) {
        const unit = start + (filter << 2);
        const delta = load<f32>(deltas + unit);
        store<usize>(end, filter);
        store<f32>(end, delta, 4);
        end += (<usize>(delta !== 0 && load<usize>(winners + unit) === offset)) << 3;
      }
      const count = <i32>((end - list) >> 3);
      if (count === 0) continue;
      for (let row: usize = 0; row < 5; row++) {
        addRows(result + offset + row * CELL_ROW, list, count, weights + row * SEGMENT, FILTER_BYTES, SEGMENT);
      }
    }
  }
  for (let byte: usize = 0; byte < CELLS_BYTES; byte += 16) {
    const alive = f32x4.ne(v128.load(cells + byte), f32x4.splat(0));
    v128.store(result + byte, v128.and(v128.load(result + byte), alive));
  }
}

/**
 * Adds scale · gradient of the second convolution to its targets, for `rows` pictures.
 * @param deltas - as in {@link backwardSecond}, `deltaStride` bytes apart. @param cells, winners - row after row.
 * @param list - room for 4 · rows pairs.
 */
export function updateSecond(
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
  for (let filter: usize = 0; filter < <usize>FILTERS2; filter++) {
    let end = list;
    let total: f32 = 0;
    for (let row: usize = 0; row < <usize>rows; row++) {
      for (let cell: usize = 0; cell < 4; cell++) {
        const unit = (cell * <usize>FILTERS2 + filter) << 2;
        const delta = scale * load<f32>(deltas + row * deltaStride + unit);
        store<usize>(end, row * CELLS_BYTES + load<usize>(winners + row * ((4 * <usize>FILTERS2) << 2) + unit));
        store<f32>(end, delta, 4);
        end += (<usize>(delta !== 0)) << 3;
        total += delta;
      }
    }
    const count = <i32>((end - list) >> 3);
    for (let row: usize = 0; row < 5; row++) {
      addRows(weightTarget + filter * FILTER_BYTES + row * SEGMENT, list, count, cells + row * CELL_ROW, 1, SEGMENT);
    }
    const bias = biasTarget + (filter << 2);
    store<f32>(bias, load<f32>(bias) + total);
  }
}

/**
 * Adds one picture's gradient of the first convolution, summed by filter, to `sums`.
 * @param deltas - gradient by the cells; float32 [8 × 8][32]. @param winners - as {@link forwardFirst} wrote them.
 * @param sums - float32 [32 filters][5 rows of taps][16]: 5 · channels sums and padding.
 * @param biasSums - float32 [32]. @param list - room for 64 pairs.
 */
export function gatherFirst(
  picture: usize,
  channels: usize,
  deltas: usize,
  winners: usize,
  sums: usize,
  biasSums: usize,
  list: usize,
): void {
  const pictureRow = SIDE * (channels << 2);
  addCells(biasSums, deltas);
  for (let filter: usize = 0; filter < FILTERS1; filter++) {
    let end = list;
    for (let unit = filter << 2; unit < CELLS_BYTES; unit += CELL_BYTES) {
      const delta = load<f32>(deltas + unit);
      store<usize>(end, load<usize>(winners + unit));
      store<f32>(end, delta, 4);
      end += (<usize>(delta !== 0)) << 3;
    }
    const to = sums + filter * 5 * TAP_ROW;
    if (channels === 1) gatherPatches(to, picture, list, end);
    else for (let row: usize = 0; row < 5; row++) gatherRow(to + row * TAP_ROW, picture + row * pictureRow, list, end);
  }
}

/** target[32] += Σ over the cells. */
function addCells(target: usize, cells: usize): void {
  for (const end = cells + CELLS_BYTES; cells < end; cells += CELL_BYTES) addScaled(target, cells, 1, CELL_BYTES);
}

/** Σ delta · patch of one channel: five rows of 8 floats, of which 5 matter. */
function gatherPatches(target: usize, picture: usize, list: usize, end: usize): void {
  let a0 = v128.load(target);
  let a1 = v128.load(target, 16);
  let b0 = v128.load(target, TAP_ROW);
  let b1 = v128.load(target, TAP_ROW + 16);
  let c0 = v128.load(target, 2 * TAP_ROW);
  let c1 = v128.load(target, 2 * TAP_ROW + 16);
  let d0 = v128.load(target, 3 * TAP_ROW);
  let d1 = v128.load(target, 3 * TAP_ROW + 16);
  let e0 = v128.load(target, 4 * TAP_ROW);
  let e1 = v128.load(target, 4 * TAP_ROW + 16);
  for (; list < end; list += 8) {
    const from = picture + load<usize>(list);
    const delta = v128.load32_splat(list, 4);
    a0 = madd(delta, v128.load(from), a0);
    a1 = madd(delta, v128.load(from, 16), a1);
    b0 = madd(delta, v128.load(from, ROW1), b0);
    b1 = madd(delta, v128.load(from, ROW1 + 16), b1);
    c0 = madd(delta, v128.load(from, 2 * ROW1), c0);
    c1 = madd(delta, v128.load(from, 2 * ROW1 + 16), c1);
    d0 = madd(delta, v128.load(from, 3 * ROW1), d0);
    d1 = madd(delta, v128.load(from, 3 * ROW1 + 16), d1);
    e0 = madd(delta, v128.load(from, 4 * ROW1), e0);
    e1 = madd(delta, v128.load(from, 4 * ROW1 + 16), e1);
  }
  v128.store(target, a0);
  v128.store(target, a1, 16);
  v128.store(target, b0, TAP_ROW);
  v128.store(target, b1, TAP_ROW + 16);
  v128.store(target, c0, 2 * TAP_ROW);
  v128.store(target, c1, 2 * TAP_ROW + 16);
  v128.store(target, d0, 3 * TAP_ROW);
  v128.store(target, d1, 3 * TAP_ROW + 16);
  v128.store(target, e0, 4 * TAP_ROW);
  v128.store(target, e1, 4 * TAP_ROW + 16);
}

/** Σ delta · one row of a patch of three channels: 16 floats, of which 15 matter. */
function gatherRow(target: usize, source: usize, list: usize, end: usize): void {
  let s0 = v128.load(target);
  let s1 = v128.load(target, 16);
  let s2 = v128.load(target, 32);
  let s3 = v128.load(target, 48);
  for (; list < end; list += 8) {
    const from = source + load<usize>(list);
    const delta = v128.load32_splat(list, 4);
    s0 = madd(delta, v128.load(from), s0);
    s1 = madd(delta, v128.load(from, 16), s1);
    s2 = madd(delta, v128.load(from, 32), s2);
    s3 = madd(delta, v128.load(from, 48), s3);
  }
  v128.store(target, s0);
  v128.store(target, s1, 16);
  v128.store(target, s2, 32);
  v128.store(target, s3, 48);
}

/** Adds scale · sums to the targets of the first convolution and clears the sums. */
export function updateFirst(
  weightTarget: usize,
  biasTarget: usize,
  channels: usize,
  sums: usize,
  biasSums: usize,
  scale: f32,
): void {
  addScaled(biasTarget, biasSums, scale, CELL_BYTES);
  const taps = channels * 5;
  for (let filter: usize = 0; filter < FILTERS1; filter++) {
    for (let row: usize = 0; row < 5; row++) {
      for (let tap: usize = 0; tap < taps; tap++) {
        const to = weightTarget + (row * taps + tap) * CELL_BYTES + (filter << 2);
        const from = sums + (filter * 5 + row) * TAP_ROW + (tap << 2);
        store<f32>(to, load<f32>(to) + scale * load<f32>(from));
      }
    }
  }
  memory.fill(sums, 0, FILTERS1 * 5 * TAP_ROW);
  memory.fill(biasSums, 0, CELL_BYTES);
}
