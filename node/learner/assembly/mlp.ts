/**
 * Training and prediction of fully connected networks: one call for any number of steps.
 * @module
 */
import { layerAt, updateThenForward } from './_dense';
import {
  backwardStack,
  canPassOnce,
  finishStep,
  forwardStack,
  labelStack,
  outputStack,
  Plan,
  prepareStack,
  settleStack,
  updateScale,
  updateStack,
} from './_stack';

/**
 * Takes one step per batch of the `count` rows, in their order.
 * @param inputs - float32 [count × inputStride of the first layer].
 * @param labels - uint8 [count].
 * @returns the first step (from 0) whose outputs are not finite, or −1.
 */
export function train(plan: Plan, inputs: usize, labels: usize, count: i32): i32 {
  const stride = layerAt(plan.layers, 0).inputStride;
  prepareStack(plan);
  /** Layers of the next step whose sums are there already. */
  let ahead = 0;
  for (let start = 0, step = 0; start < count; start += plan.batch, step++) {
    const rows = min(plan.batch, count - start);
    const first = inputs + <usize>start * stride;
    forwardStack(plan, first, rows, true, ahead);
    if (!backwardStack(plan, labels + start, rows)) return step;
    ahead = <i32>(start + 1 < count && canPassOnce(plan));
    updateStack(plan, first, rows, updateScale(plan), ahead);
    if (ahead > 0) updateThenForward(layerAt(plan.layers, 0), first, first + stride, updateScale(plan));
    finishStep(plan);
  }
  settleStack(plan);
  return -1;
}

/** Writes the most likely class of each of `count` rows, at most a batch, to `labels`, uint8 [count]. */
export function label(plan: Plan, inputs: usize, labels: usize, count: i32): void {
  prepareStack(plan);
  forwardStack(plan, inputs, count, false);
  labelStack(plan, labels, count);
}

/** Writes the outputs of each of `count` rows, at most a batch, to `target`, float32 [count × outputs]. */
export function predict(plan: Plan, inputs: usize, target: usize, count: i32): void {
  prepareStack(plan);
  forwardStack(plan, inputs, count, false);
  outputStack(plan, target, count);
}
