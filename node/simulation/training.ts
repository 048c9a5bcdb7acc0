/**
 * Local training as every framework of a comparison does it: the same start, the same steps, the same order of examples.
 * @module
 */
import { createHash } from 'node:crypto';
import { purposes, seedFor } from '../algorithm/member.ts';
import type { Learner, TrainOptions } from '../algorithm/ports.ts';
import { type Consortium, scheduleAt } from '../consortium.ts';
import type { Examples, PartyId } from '../types.ts';

/** What a framework is compared on. */
export interface FrameworkOptions {
  readonly consortium: Consortium;
  /** Each party's examples. */
  readonly shards: readonly Examples[];
  readonly test: Examples;
  readonly seed: number;
  readonly learner: Learner;
  /** Rounds after which accuracy is measured; every round unless told. The last one always is. */
  readonly isMeasured?: (round: number) => boolean;
}

/** Accuracies, 0 … 1, by party, after one round. */
export interface Measurement {
  readonly round: number;
  readonly accuracies: readonly number[];
}

/** Bytes that a seed, a party and a purpose determine. */
export function digest(seed: number, id: PartyId, purpose: string): Buffer {
  return createHash('sha256').update(`dppdl simulation ${seed} ${id} ${purpose}`).digest();
}

/** The seed of all repeatable choices of a party. */
export function memberSeed(seed: number, id: PartyId): number {
  return digest(seed, id, 'training').readUInt32LE() & 0x7fffffff;
}

/** How party `id` trains in a round; the same as in round.ts. */
export function trainingOf({ consortium, seed }: FrameworkOptions, id: PartyId, round: number): TrainOptions {
  const { localEpochs, batchSize, learningRate } = consortium.training;
  return {
    epochs: localEpochs,
    batchSize,
    learningRate: scheduleAt(learningRate, round, consortium.rounds),
    seed: seedFor(memberSeed(seed, id), round, purposes.training),
  };
}

/** The parameters party `id` starts the rounds with: w0, or its standalone model where the consortium goes on from it. */
export async function startOf(options: FrameworkOptions, id: PartyId, examples: Examples): Promise<Float32Array> {
  const { consortium, learner, seed } = options;
  const w0 = learner.initialise(consortium.seed);
  if (consortium.training.restart) return w0;
  const training = { ...consortium.benchmark, seed: seedFor(memberSeed(seed, id), 0, purposes.training) };
  return await learner.train(w0, examples, training);
}

/** Share of the test examples that each set of parameters labels right. */
export function accuraciesOf({ learner, test }: FrameworkOptions, models: readonly Float32Array[]): Promise<number[]> {
  return Promise.all(
    models.map(async (parameters) => {
      const labels = await learner.label(parameters, test.inputs);
      let right = 0;
      for (let row = 0; row < labels.length; row++) if (labels[row] === test.labels[row]) right++;
      return right / labels.length;
    }),
  );
}

/**
 * Plays all rounds and measures.
 * @param play - one round: models by party before it to models by party after it.
 */
export async function playRounds(
  options: FrameworkOptions,
  start: readonly Float32Array[],
  play: (round: number, models: readonly Float32Array[]) => Promise<readonly Float32Array[]>,
): Promise<Measurement[]> {
  const { rounds } = options.consortium;
  const measurements: Measurement[] = [];
  let models = start;
  for (let round = 1; round <= rounds; round++) {
    models = await play(round, models);
    if (round < rounds && options.isMeasured?.(round) === false) continue;
    measurements.push({ round, accuracies: await accuraciesOf(options, models) });
  }
  return measurements;
}
