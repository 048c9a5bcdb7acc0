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
/** Rows whose values are counted to find the most common one. */
const countedRows = 32;

/**
 * The value that more than half of the inputs have, judged by a few evenly spaced rows; undefined if there is none.
 * Boyer and Moore's majority vote: if a value has the majority, it survives the first pass; the second counts it.
 */
export function commonValue(inputs: Float32Array, features: number): number | undefined {
  const rows = inputs.length / features;
  const step = Math.max(1, Math.floor(rows / countedRows)) * features;
  let candidate = Number.NaN;
  let votes = 0;
  for (let row = 0; row < inputs.length; row += step) {
    for (let at = row; at < row + features; at++) {
      if (votes === 0) candidate = inputs[at];
      votes += inputs[at] === candidate ? 1 : -1;
    }
  }
  let [count, counted] = [0, 0];
  for (let row = 0; row < inputs.length; row += step) {
    for (let at = row; at < row + features; at++) if (inputs[at] === candidate) count++;
    counted += features;
  }
  return 2 * count > counted && Number.isFinite(candidate) ? candidate : undefined;
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
): Generator<void, Float32Array> {
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

function* inBlocks(
  engine: Engine,
  parameters: Float32Array,
  inputs: Float32Array,
  visit: (from: number, to: number) => void,
): Generator<void, void> {
  const count = inputs.length / engine.features;
  const block = Math.min(blockRows, count);
  if (count === 0) return;
  const common = commonValue(inputs, engine.features);
  engine.load(parameters, { rows: block, batch: block, common, learningRate: 0, seed: 0 });
  for (let from = 0; from < count; from += block) {
    visit(from, Math.min(from + block, count));
    yield;
  }
}

/** The most likely class of each row; uint8 [N]. */
export function* labelInBlocks(
  engine: Engine,
  parameters: Float32Array,
  inputs: Float32Array,
): Generator<void, Uint8Array> {
  const labels = new Uint8Array(inputs.length / engine.features);
  yield* inBlocks(engine, parameters, inputs, (from, to) => engine.label(inputs, from, to, labels));
  return labels;
}

/** The outputs of each row, probabilities; float32 [N × outputs]. */
export function* predictInBlocks(
  engine: Engine,
  parameters: Float32Array,
  inputs: Float32Array,
): Generator<void, Float32Array> {
  const outputs = new Float32Array((inputs.length / engine.features) * engine.outputs);
  yield* inBlocks(engine, parameters, inputs, (from, to) => engine.predict(inputs, from, to, outputs));
  return outputs;
}
