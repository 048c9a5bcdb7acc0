/**
 * The paper's CNN: 32×32 pictures, 32 filters 5×5, pool 3, 64 filters 5×5, pool 2, then 256 → 200 → classes. No padding;
 * a pooling window that is not full is dropped, which gives 2×2×64 = 256 features and, for one channel and ten classes,
 * 832 + 51,264 + 51,400 + 2,010 = 105,506 parameters.
 * Order of the flat vector: first convolution weights [5][5][channels][32], biases [32]; second weights [64][5][5][32],
 * biases [64]; then the fully connected layers, weights [in][out] and biases. Features are in the order [2][2][64].
 * @module
 */
import type { ParameterTensor, TrainingRule } from './engine.ts';
import { type Fields, recordBytes, strideOf, writeRecord } from './layout.ts';
import type { Family } from './network.ts';
import { placeStack, planBytes, type Run, stackBytes, stackTensors, takeParameters, writePlan } from './stack.ts';

const cnnFields = {
  plan: 'i32',
  channels: 'i32',
  common: 'f32',
  pictureStride: 'i32',
  weights1: 'i32',
  biases1: 'i32',
  weights2: 'i32',
  biases2: 'i32',
  targetOffset: 'i32',
  cells: 'i32',
  winners1: 'i32',
  features: 'i32',
  winners2: 'i32',
  deltas: 'i32',
  cellDeltas: 'i32',
  sums: 'i32',
  biasSums: 'i32',
  list: 'i32',
} as const satisfies Fields;

/** Pixels of a picture's side. */
export const pictureSide = 32;
const taps = 25;
const filters1 = 32;
const filters2 = 64;
const cells = 64;
const features = 256;
const hidden = 200;
/** Floats of one filter of the second convolution; FILTER_BYTES in `assembly/_convolution.ts`. */
const filterFloats = taps * filters1;
/** Rows of the first convolution's gradient sums, padded to 16 floats. */
const sumRows = filters1 * 5;
/** Most pairs a list holds: 64 cells. */
const listPairs = 256;

/** Describes the CNN for pictures with 1 or 3 channels. */
export function cnnFamily(channels: number, classes: number, rule: TrainingRule): Family {
  const sizes = [features, hidden, classes];
  const pictureFloats = pictureSide * pictureSide * channels;
  const inputStride = strideOf(pictureFloats);
  const firstTaps = taps * channels;
  const convolutions: ParameterTensor[] = [
    { name: 'convolution1.weights', shape: [5, 5, channels, filters1], fanIn: firstTaps },
    { name: 'convolution1.biases', shape: [filters1], fanIn: firstTaps },
    { name: 'convolution2.weights', shape: [filters2, 5, 5, filters1], fanIn: filterFloats },
    { name: 'convolution2.biases', shape: [filters2], fanIn: filterFloats },
  ];
  return {
    kernel: 'learner-cnn',
    tensors: [...convolutions, ...stackTensors(sizes)],
    features: pictureFloats,
    inputStride,
    classes,
    outputs: classes,
    place(allocator, workload) {
      const { batch } = workload;
      const address = allocator.take(recordBytes(cnnFields));
      const plan = allocator.take(planBytes);
      const lengths = [firstTaps * filters1, filters1, filters2 * filterFloats, filters2];
      const convolutionBytes = lengths.reduce((sum, length) => sum + length * 4, 0);
      const memory = takeParameters(allocator, convolutionBytes + stackBytes(sizes), rule);
      let end = memory.values.parameters;
      const runs: Run[] = lengths.map((length) => {
        const start = end / 4;
        end += length * 4;
        return { start, count: 1, length, stride: length };
      });
      const head = { ...workload, common: undefined };
      const { targetOffset } = memory;
      const stack = placeStack(allocator, sizes, rule, head, { start: end, targetOffset, passesDown: true });
      const cellBytes = cells * filters1 * 4;
      const values = {
        plan,
        channels,
        common: workload.common ?? Number.NaN,
        pictureStride: inputStride * 4,
        weights1: runs[0].start * 4,
        biases1: runs[1].start * 4,
        weights2: runs[2].start * 4,
        biases2: runs[3].start * 4,
        targetOffset,
        cells: allocator.take(batch * cellBytes),
        winners1: allocator.take(batch * cellBytes),
        features: allocator.take(batch * strideOf(features) * 4),
        winners2: allocator.take(batch * features * 4),
        deltas: allocator.take(batch * strideOf(features) * 4),
        cellDeltas: allocator.take(cellBytes),
        sums: allocator.take(sumRows * 16 * 4),
        biasSums: allocator.take(filters1 * 4),
        list: allocator.take(listPairs * 8),
      };
      return {
        plan: address,
        runs: [...runs, ...stack.runs],
        write(buffer) {
          stack.write(buffer);
          writePlan(buffer, plan, rule, workload, memory, { table: stack.table, depth: sizes.length - 1 });
          writeRecord(buffer, address, cnnFields, values);
        },
      };
    },
  };
}
