/**
 * Training and prediction of the paper's CNN: two convolutions ({@link ./_firstConvolution},
 * {@link ./_secondConvolution}) below a stack of fully connected layers ({@link ./_stack}).
 * @module
 */
import { CELLS_BYTES, FILTERS2 } from './_cells';
import { backward, layerAt } from './_dense';
import { forwardFirst, gatherFirst, updateFirst } from './_firstConvolution';
import { addCellDeltas, FEATURES_BYTES, forwardSecond, maskCellDeltas, updateFilter } from './_secondConvolution';
import {
  backwardStack,
  finishStep,
  forwardStack,
  labelStack,
  outputStack,
  Plan,
  updateScale,
  updateStack,
} from './_stack';

/** Pictures whose cells stay in the first-level cache while the second convolution is updated by them. */
const GROUP: i32 = 4;

/** Where everything is. */
@unmanaged
class Cnn {
  /** The head. */
  plan: Plan;
  channels: usize;
  /** The value that most inputs have, or not-a-number. */
  common: f32;
  /** Bytes from one picture to the next. */
  pictureStride: usize;
  weights1: usize;
  biases1: usize;
  weights2: usize;
  biases2: usize;
  /** Bytes from a parameter to the place its changes are added to. */
  targetOffset: usize;
  /** Per row of a batch: cells, their winners, features (inputs of the head), their winners, gradients of the features. */
  cells: usize;
  winners1: usize;
  features: usize;
  winners2: usize;
  deltas: usize;
  /** For one picture: gradient by the cells; sums of the first convolution's gradient; lists. */
  cellDeltas: usize;
  sums: usize;
  biasSums: usize;
  list: usize;
}

function forwardAll(cnn: Cnn, pictures: usize, rows: i32, training: bool): void {
  const stride = layerAt(cnn.plan.layers, 0).inputStride;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const cells = cnn.cells + row * CELLS_BYTES;
    const picture = pictures + row * cnn.pictureStride;
    const winners = cnn.winners1 + row * CELLS_BYTES;
    forwardFirst(picture, cnn.channels, cnn.common, cnn.weights1, cnn.biases1, cells, winners, cnn.list);
    const features = cnn.features + row * stride;
    forwardSecond(cells, cnn.weights2, cnn.biases2, features, cnn.winners2 + row * FEATURES_BYTES, cnn.list);
  }
  forwardStack(cnn.plan, cnn.features, rows, training);
}

/** Gradients by the features and cells; sums up those of the first convolution. */
function backwardAll(cnn: Cnn, pictures: usize, rows: i32, scale: f32): void {
  const head = layerAt(cnn.plan.layers, 0);
  backward(head, cnn.deltas, cnn.features, rows);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const cells = cnn.cells + row * CELLS_BYTES;
    const deltas = cnn.deltas + row * head.inputStride;
    memory.fill(cnn.cellDeltas, 0, CELLS_BYTES);
    for (let filter: usize = 0; filter < FILTERS2; filter++) {
      addCellDeltas(filter, deltas, cnn.winners2 + row * FEATURES_BYTES, cnn.weights2, cnn.cellDeltas);
      // The only row: nobody needs these weights any more, and they are in the first-level cache now.
      if (rows === 1) updateOne(cnn, filter, 0, 1, scale);
    }
    maskCellDeltas(cells, cnn.cellDeltas);
    const picture = pictures + row * cnn.pictureStride;
    const winners = cnn.winners1 + row * CELLS_BYTES;
    gatherFirst(picture, cnn.channels, cnn.cellDeltas, winners, cnn.sums, cnn.biasSums, cnn.list);
  }
}

/** Updates one filter of the second convolution by `rows` pictures from `first` on. */
function updateOne(cnn: Cnn, filter: usize, first: usize, rows: i32, scale: f32): void {
  const stride = layerAt(cnn.plan.layers, 0).inputStride;
  updateFilter(
    filter,
    cnn.weights2 + cnn.targetOffset,
    cnn.biases2 + cnn.targetOffset,
    cnn.deltas + first * stride,
    stride,
    cnn.winners2 + first * FEATURES_BYTES,
    cnn.cells + first * CELLS_BYTES,
    rows,
    scale,
    cnn.list,
  );
}

function updateAll(cnn: Cnn, rows: i32, scale: f32): void {
  updateStack(cnn.plan, cnn.features, rows, scale);
  for (let row = 0; row < rows && rows > 1; row += GROUP) {
    for (let filter: usize = 0; filter < FILTERS2; filter++) {
      updateOne(cnn, filter, <usize>row, min(GROUP, rows - row), scale);
    }
  }
  const offset = cnn.targetOffset;
  updateFirst(cnn.weights1 + offset, cnn.biases1 + offset, cnn.channels, cnn.sums, cnn.biasSums, scale);
}

/**
 * Takes one step per batch of the `count` pictures, in their order.
 * @param pictures - float32 [count × pictureStride], each [32][32][channels].
 * @param labels - uint8 [count].
 * @returns the first step (from 0) whose outputs are not finite, or −1.
 */
export function train(cnn: Cnn, pictures: usize, labels: usize, count: i32): i32 {
  const plan = cnn.plan;
  for (let start = 0, step = 0; start < count; start += plan.batch, step++) {
    const rows = min(plan.batch, count - start);
    const first = pictures + <usize>start * cnn.pictureStride;
    forwardAll(cnn, first, rows, true);
    if (!backwardStack(plan, labels + start, rows)) return step;
    const scale = updateScale(plan);
    backwardAll(cnn, first, rows, scale);
    updateAll(cnn, rows, scale);
    finishStep(plan);
  }
  return -1;
}

/** Writes the most likely class of each of `count` pictures, at most a batch, to `labels`, uint8 [count]. */
export function label(cnn: Cnn, pictures: usize, labels: usize, count: i32): void {
  forwardAll(cnn, pictures, count, false);
  labelStack(cnn.plan, labels, count);
}

/** Writes the outputs of each of `count` pictures, at most a batch, to `target`, float32 [count × outputs]. */
export function predict(cnn: Cnn, pictures: usize, target: usize, count: i32): void {
  forwardAll(cnn, pictures, count, false);
  outputStack(cnn.plan, target, count);
}
