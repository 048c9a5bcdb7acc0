/**
 * Centralized framework (§5.2): a server that everybody trusts trains one model on the examples of all.
 * @module
 */
import type { Examples } from '../types.ts';
import { type FrameworkOptions, type Measurement, playRounds, startOf, trainingOf } from './training.ts';

/** Trains one model on everything, for as many epochs as the parties train. The measurements have one accuracy. */
export async function trainCentrally(options: FrameworkOptions): Promise<Measurement[]> {
  const everything = pooled(options.shards);
  const start = await startOf(options, 0, everything);
  return await playRounds(options, [start], async (round, [model]) => [
    await options.learner.train(model, everything, trainingOf(options, 0, round)),
  ]);
}

/** The examples of all parties after one another. */
function pooled(shards: readonly Examples[]): Examples {
  const inputs = new Float32Array(shards.reduce((sum, shard) => sum + shard.inputs.length, 0));
  const labels = new Uint8Array(shards.reduce((sum, shard) => sum + shard.labels.length, 0));
  let [inputsAt, labelsAt] = [0, 0];
  for (const shard of shards) {
    inputs.set(shard.inputs, inputsAt);
    labels.set(shard.labels, labelsAt);
    inputsAt += shard.inputs.length;
    labelsAt += shard.labels.length;
  }
  return { ...shards[0], inputs, labels };
}
