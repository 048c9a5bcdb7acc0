/**
 * Distributed framework (§5.2, §5.3): DSSGD of Shokri and Shmatikov. A server keeps the parameters; the parties take
 * turns, and each downloads all of them, trains, and uploads the share θ_u of its gradient that changed most.
 * @module
 */
import { selectLargest } from '../gradient/select.ts';
import { type FrameworkOptions, type Measurement, playRounds, startOf, trainingOf } from './training.ts';

/** θ_u: share of a gradient that is uploaded. */
export const UPLOAD_SHARE = 0.1;

/** Trains by turns; a party's model is what it has after its own training. */
export async function trainByTurns(options: FrameworkOptions): Promise<Measurement[]> {
  const { learner, shards } = options;
  const server = Float32Array.from(await startOf(options, 0, shards[0]));
  const uploaded = Math.floor(UPLOAD_SHARE * server.length);
  return await playRounds(
    options,
    shards.map(() => server.slice()),
    async (round) => {
      const models: Float32Array[] = [];
      for (const [id, examples] of shards.entries()) {
        const model = await learner.train(server, examples, trainingOf(options, id, round));
        const gradient = model.map((value, index) => value - server[index]);
        // deviation: "largest" is by absolute value, as DSSGD has it; the paper's text leaves it open.
        const selected = selectLargest(gradient, uploaded);
        for (let index = 0; index < server.length; index++) server[index] += selected[index];
        models.push(model);
      }
      return models;
    },
  );
}
