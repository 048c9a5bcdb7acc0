/**
 * Many parties on one pool: a local epoch of each at a time.
 * @module
 */
import { availableParallelism } from 'node:os';
import type { ModelSpec } from '../../../node/consortium.ts';
import { selectExamples } from '../../../node/dataset/pictures.ts';
import { createLearner } from '../../../node/learner/learner.ts';
import type { Examples } from '../../../node/types.ts';
import { median } from './table.ts';

/** Examples of a party. */
export const shardSize = 600;

/** What an epoch of all parties took. */
export interface Epochs {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly kernelBytesPerThread: number;
  readonly bytesPerParty: number;
}

/** Medians of `rounds` epochs of `parties` parties on as many threads as cores, batch 1. */
export async function measureEpochs(
  model: ModelSpec,
  digits: Examples,
  { parties, relaxed, rounds }: { readonly parties: number; readonly relaxed: boolean; readonly rounds: number },
): Promise<Epochs> {
  const threads = availableParallelism();
  const learner = await createLearner(model, digits, { threads, relaxed });
  const shards = Array.from({ length: parties }, (_, party) =>
    selectExamples(
      digits,
      Uint32Array.from({ length: shardSize }, (_, index) => (party * 200 + index) % digits.labels.length),
    ),
  );
  const w0 = learner.initialise(1);
  const options = { epochs: 1, batchSize: 1, learningRate: 1e-3 };
  const epoch = () => Promise.all(shards.map((shard, seed) => learner.train(w0, shard, { ...options, seed })));
  await epoch();
  const [wall, cpu]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const [start, used] = [performance.now(), process.cpuUsage()];
    await epoch();
    const { user, system } = process.cpuUsage(used);
    wall.push((performance.now() - start) / 1e3);
    cpu.push((user + system) / 1e6);
  }
  const kernelBytesPerThread = learner.memoryBytes() / threads;
  await learner.close();
  return {
    wallSeconds: median(wall),
    cpuSeconds: median(cpu),
    kernelBytesPerThread,
    bytesPerParty: w0.byteLength + shards[0].inputs.byteLength + shards[0].labels.byteLength,
  };
}
