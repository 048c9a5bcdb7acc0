/**
 * Standalone framework (§5.2): every party trains on its own examples alone.
 * @module
 */
import { type FrameworkOptions, type Measurement, playRounds, startOf, trainingOf } from './training.ts';

/** Trains all parties alone, as long as they would together. */
export async function trainAlone(options: FrameworkOptions): Promise<Measurement[]> {
  const { learner, shards } = options;
  const start = await Promise.all(shards.map((examples, id) => startOf(options, id, examples)));
  return await playRounds(options, start, (round, models) =>
    Promise.all(shards.map((examples, id) => learner.train(models[id], examples, trainingOf(options, id, round)))),
  );
}
