/**
 * The first convolution with its ReLU and pooling, forward and backward, one picture at a time. Backward, only the place
 * that won its window has a gradient, and none if ReLU switched it off.
 * @module
 */
import { CELL_BYTES, CELL_ROW, CELLS, CELLS_BYTES, FILTERS1, SIDE } from './_cells';
import { addScaled, madd, select } from './_simd';
import { convolveSix, SIX_PLACES, THREE_PLACES, TILE_FILTERS } from './_tiles';

/** Bytes of a row of a picture with one channel. */
const ROW1: usize = SIDE << 2;
/** Bytes of a row of {@link gatherFirst}'s sums: five taps of up to three channels, padded. */
const TAP_ROW: usize = 64;

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
    v128.store(result + filter, f32x4.pmax(sum, f32x4.splat(0)));
  }
}

/**
 * First convolution, ReLU and pooling of one picture. Pairs of cells that see nothing but `common` are copied, not
 * computed.
 * @param common - the picture's background, or not-a-number.
 * @param weights - float32 [5 × 5 × channels][32]. @param biases - float32 [32].
 * @param cells - receives float32 [8 × 8][32].
 * @param winners - receives, for each, the byte offset in the picture of the patch that won; int32 [8 × 8][32].
 * @param scratch - room for 1,408 bytes.
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
  const sums = empty + CELL_BYTES;
  if (hasCommon) {
    findContent(picture, channels, common, scratch);
    convolveCommon(channels, common, weights, biases, empty);
  }
  for (let cellY: usize = 0; cellY < CELLS; cellY++) {
    for (let cellX: usize = 0; cellX < CELLS; cellX += 2) {
      const corner = cellY * 3 * pictureRow + cellX * 3 * pixel;
      const next = corner + 3 * pixel;
      const cell = cells + cellY * CELL_ROW + cellX * CELL_BYTES;
      const winner = winners + (cell - cells);
      if (hasCommon && isEmpty(scratch, cellY, cellX)) {
        copyEmpty(cell, winner, empty, corner);
        copyEmpty(cell + CELL_BYTES, winner + CELL_BYTES, empty, next);
        continue;
      }
      for (let filter: usize = 0; filter < CELL_BYTES; filter += TILE_FILTERS) {
        for (let row: usize = 0; row < 3; row++) {
          const from = picture + corner + row * pictureRow;
          convolveSix(from, pixel, pictureRow, weights + filter, biases + filter, sums + row * SIX_PLACES);
        }
        const to = cell + filter;
        const winnerTo = winner + filter;
        for (let half: usize = 0; half < TILE_FILTERS; half += 32) {
          poolNine(sums + half, corner, pixel, pictureRow, to + half, winnerTo + half);
          const second = sums + half + THREE_PLACES;
          poolNine(second, next, pixel, pictureRow, to + half + CELL_BYTES, winnerTo + half + CELL_BYTES);
        }
      }
    }
  }
}

/** Whether two neighbouring cells see no content: 7 rows of 10 pixels. */
function isEmpty(content: usize, cellY: usize, cellX: usize): bool {
  const rows = content + ((cellY * 3) << 2);
  let bits: u32 = 0;
  for (let row: usize = 0; row < 7; row++) bits |= load<u32>(rows + (row << 2));
  return (bits & ((<u32>0x3ff) << (<u32>(cellX * 3)))) === 0;
}

/** A cell that sees only background: all places are alike, the first wins. */
function copyEmpty(cell: usize, winner: usize, empty: usize, corner: usize): void {
  for (let filter: usize = 0; filter < CELL_BYTES; filter += 16) {
    v128.store(cell + filter, v128.load(empty + filter));
    v128.store(winner + filter, i32x4.splat(<i32>corner));
  }
}

/**
 * The best of nine places for eight filters after ReLU, and which it was. Not-a-number, which loses every comparison,
 * comes through by the total.
 * @param sums - float32 [3 rows][6 places][16 filters].
 */
function poolNine(sums: usize, corner: usize, pixel: usize, pictureRow: usize, cell: usize, winner: usize): void {
  let best0 = f32x4.splat(0);
  let best1 = best0;
  let total0 = best0;
  let total1 = best0;
  let place0 = i32x4.splat(<i32>corner);
  let place1 = place0;
  for (let row: usize = 0; row < 3; row++, sums += SIX_PLACES, corner += pictureRow) {
    let offset = corner;
    for (let place: usize = 0; place < THREE_PLACES; place += TILE_FILTERS, offset += pixel) {
      const sum0 = v128.load(sums + place);
      const sum1 = v128.load(sums + place, 16);
      const here = i32x4.splat(<i32>offset);
      place0 = select(here, place0, f32x4.gt(sum0, best0));
      place1 = select(here, place1, f32x4.gt(sum1, best1));
      best0 = f32x4.pmax(best0, sum0);
      best1 = f32x4.pmax(best1, sum1);
      total0 = f32x4.add(total0, sum0);
      total1 = f32x4.add(total1, sum1);
    }
  }
  v128.store(cell, select(best0, total0, f32x4.eq(total0, total0)));
  v128.store(cell, select(best1, total1, f32x4.eq(total1, total1)), 16);
  v128.store(winner, place0);
  v128.store(winner, place1, 16);
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
