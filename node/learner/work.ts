/**
 * Training and prediction on an engine, as generators that stop between blocks of rows: on the main thread other work
 * goes in between, a worker runs straight on. The results do not depend on who runs them.
 * @module
 */
import type { TrainOptions } from '../algorithm/ports.ts';
import { createSeededRandom } from '../random.ts';
import type { Examples } from '../types.ts';
import type { Engine } from './engine.ts';
import { LearnerError } from './errors.ts';

/** Rows per kernel call: their inputs should stay in the second-level cache beside the parameters. */
const blockRows = 128;
/** Values that are counted to find the most common one, and rows at least. */
const countedValues = 8192;
const countedRows = 4;

/**
 * The value that more than half of the inputs have, judged by a few evenly spaced rows; undefined if there is none.
 * Boyer and Moore's majority vote: if a value has the majority, it survives the first pass; the second counts it.
 */
export function commonValue(inputs: Float32Array, features: number): number | undefined {
  const rows = inputs.length / features;
  const counted = Math.max(countedRows, Math.ceil(countedValues / features));
  const step = Math.max(1, Math.floor(rows / counted)) * features;
  let candidate = Number.NaN;
  let votes = 0;
  for (let row = 0; row < inputs.length; row += step) {
    for (let at = row; at < row + features; at++) {
      if (votes === 0) candidate = inputs[at];
      votes += inputs[at] === candidate ? 1 : -1;
    }
  }
  let [count, all] = [0, 0];
  for (let row = 0; row < inputs.length; row += step) {
    for (let at = row; at < row + features; at++) if (inputs[at] === candidate) count++;
    all += features;
  }
  return 2 * count > all && Number.isFinite(candidate) ? candidate : undefined;
}

/** Whether all values are finite: 0 · x is 0 for those and not a number for others. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += 0 * values[index];
  return sum === 0;
}

/** The error of a training whose numbers left their range at `step`, counted from 1. */
export function diverged(step: number, learningRate: number): LearnerError {
  return new LearnerError('NOT_FINITE', `Training diverged at step ${step}.`, {
    fault: 'self',
    action: 'Lower the learning rate.',
    meta: { step, learningRate },
  });
}

/** Trains a copy of `parameters`; see {@link Learner.train}. */
export function* trainInBlocks(
  engine: Engine,
  parameters: Float32Array,
  { inputs, labels }: Pick<Examples, 'inputs' | 'labels'>,
  { epochs, batchSize, learningRate, seed }: TrainOptions,
): Generator<void, Float32Array<ArrayBuffer>> {
  const count = labels.length;
  const batch = Math.min(batchSize, count);
  const block = Math.min(Math.max(1, Math.floor(blockRows / batch)) * batch, count);
  const random = createSeededRandom(seed);
  const common = commonValue(inputs, engine.features);
  engine.load(parameters, { rows: block, batch, common, learningRate, seed });
  let steps = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = random.permutation(count);
    for (let start = 0; start < count; start += block) {
      const rows = order.subarray(start, start + block);
      const failed = engine.train(inputs, labels, rows);
      if (failed >= 0) throw diverged(steps + failed + 1, learningRate);
      steps += Math.ceil(rows.length / batch);
      yield;
    }
  }
  const trained = engine.read();
  if (!allFinite(trained)) throw diverged(steps, learningRate);
  return trained;
}

/** Visits the rows that `order` names, all unless given, block by block: `visit(rows, place of the first in the order)`. */
function* inBlocks(
  engine: Engine,
  parameters: Float32Array,
  inputs: Float32Array,
  order: Uint32Array,
  visit: (rows: Uint32Array, start: number) => void,
): Generator<void, void> {
  const block = Math.min(blockRows, order.length);
  if (block === 0) return;
  const common = commonValue(inputs, engine.features);
  engine.load(parameters, { rows: block, batch: block, common, learningRate: 0, seed: 0 });
  for (let start = 0; start < order.length; start += block) {
    visit(order.subarray(start, start + block), start);
    yield;
  }
}

/** The numbers of all rows of inputs with so many features. */
export function allRows(inputs: Float32Array, features: number): Uint32Array {
  return Uint32Array.from({ length: inputs.length / features }, (_, row) => row);
}

/** The most likely class of each row that `rows` names, of all unless given; uint8 [rows]. */
export function* labelInBlocks(
  engine: Engine,
  parameters: Float32Array,
  inputs: Float32Array,
  rows = allRows(inputs, engine.features),
): Generator<void, Uint8Array<ArrayBuffer>> {
  const labels = new Uint8Array(rows.length);
  yield* inBlocks(engine, parameters, inputs, rows, (block, start) =>
    engine.label(inputs, block, labels.subarray(start, start + block.length)),
  );
  return labels;
}

/** The outputs of each row, probabilities; float32 [N × outputs]. */
export function* predictInBlocks(
  engine: Engine,
  parameters: Float32Array,
  inputs: Float32Array,
): Generator<void, Float32Array<ArrayBuffer>> {
  const rows = allRows(inputs, engine.features);
  const outputs = new Float32Array(rows.length * engine.outputs);
  yield* inBlocks(engine, parameters, inputs, rows, (block, start) =>
    engine.predict(inputs, block, outputs.subarray(start * engine.outputs)),
  );
  return outputs;
}
