/**
 * Seeded examples for the learner's tests.
 * @module
 */
import assert from 'node:assert/strict';
import { createSeededRandom } from '../../node/random.ts';
import type { Examples } from '../../node/types.ts';

/** Examples whose inputs are `common` except for a share `density` of them, uniform in ±1. */
export function randomExamples(
  count: number,
  shape: readonly number[],
  classes: number,
  seed: number,
  { density = 1, common = 0 } = {},
): Examples {
  const random = createSeededRandom(seed);
  const features = shape.reduce((size, edge) => size * edge, 1);
  return {
    inputs: Float32Array.from({ length: count * features }, () =>
      random.uniform() < density ? 2 * random.uniform() - 1 : common,
    ),
    labels: Uint8Array.from({ length: count }, () => random.below(classes)),
    shape,
    classes,
  };
}

/** The rows of examples in float64. */
export function rowsOf({ inputs, labels }: Examples): Float64Array[] {
  const features = inputs.length / labels.length;
  return Array.from(labels, (_, row) => Float64Array.from(inputs.subarray(row * features, (row + 1) * features)));
}

/** The batches that training visits: row numbers, step after step. */
export function batchesOf(count: number, options: { epochs: number; batchSize: number; seed: number }): number[][] {
  const random = createSeededRandom(options.seed);
  const batches: number[][] = [];
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const order = [...random.permutation(count)];
    while (order.length > 0) batches.push(order.splice(0, options.batchSize));
  }
  return batches;
}

/** Asserts that two vectors differ by at most `tolerance` in every entry. */
export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  let worst = 0;
  for (let index = 1; index < actual.length; index++) {
    if (!(Math.abs(actual[index] - expected[index]) <= Math.abs(actual[worst] - expected[worst]))) worst = index;
  }
  const difference = Math.abs(actual[worst] - expected[worst]);
  assert.ok(difference <= tolerance, `entry ${worst}: ${actual[worst]} against ${expected[worst]}`);
}
