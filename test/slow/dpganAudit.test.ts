/**
 * An empirical audit of the GAN: an attack on the samples it publishes, by somebody who knows everything but the noise.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../../node/random.ts';
import { createDpganGenerator, type DpganTraining, runDpgan } from '../../node/samples/dpgan.ts';
import type { Examples } from '../../node/types.ts';
import { provenEpsilon } from './lowerBounds.ts';

const delta = 1e-5;
const normalisation = { mean: 0.5, stdDev: 0.25 };
const RECORDS = 10;
const SAMPLES = 128;
/** Runs in each of the two worlds. */
const TRIALS = 50;
/** The most they can prove: the attack was right in all. A claim above it cannot be refuted. */
const most = provenEpsilon(TRIALS, 0, TRIALS, delta);
/** Every record is in every step, and the sampler follows the critic quickly: what the samples can tell, they tell. */
const training: DpganTraining = {
  steps: 10,
  sampleRate: 1,
  hidden: [8],
  criticRate: 6e-3,
  samplerRate: 3e-3,
  penalty: 10,
  penaltyPoints: 'fake',
  warmStart: 0.3,
  clusterLayers: false,
};
/** Next to no noise: none for the critic, and as little as the lattice takes for the warm start. */
const quiet = {
  warmStart: { means: 1 / 32, scatter: 1 / 32 },
  critic: { sampleRate: 1, steps: training.steps, noiseMultiplier: 0 },
};

/**
 * Grey 4×4 pictures, dark above and bright below; the canary is the other way round. It takes the place of an ordinary
 * picture, as the number of records is public: the two worlds are two records apart. Between them 2ε is guaranteed, and the
 * attack is held to ε, which is claimed for one.
 */
function data(withCanary: boolean): Examples {
  const random = createSeededRandom(1);
  const inputs = Float32Array.from({ length: RECORDS * 16 }, (_, at) => {
    const [row, pixel] = [at >> 4, at & 15];
    const ordinary = pixel < 8 ? 0 : 0.5 + 0.5 * random.uniform();
    const raw = withCanary && row === 0 ? (pixel < 8 ? 1 : 0) : ordinary;
    return (raw - normalisation.mean) / normalisation.stdDev;
  });
  return { inputs, labels: new Uint8Array(RECORDS), shape: [4, 4, 1], classes: 2 };
}

/** First weights and latents are the same in each run, the noise is not: the attacker may know the former. */
function bytesOf(run: number): (length: number) => Uint8Array {
  let random = createSeededRandom(77);
  let isFirst = true;
  return (length) => {
    const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => random.below(2 ** 32));
    if (isFirst) random = createSeededRandom(run);
    isFirst = false;
    return new Uint8Array(words.buffer, 0, length);
  };
}

const withoutNoise = (withCanary: boolean, run: number) =>
  runDpgan(data(withCanary), SAMPLES, quiet, training, { normalisation, randomBytes: bytesOf(run) });
const published = (epsilon: number) => async (withCanary: boolean, run: number) => {
  const options = { epsilon, delta, normalisation, training, randomBytes: bytesOf(run) };
  return (await createDpganGenerator(options).generate(data(withCanary), SAMPLES)).samples.inputs;
};

/**
 * ε proven from released samples: how far they lie from what comes out without noise and canary towards what comes out
 * with it. The threshold comes from other runs.
 */
async function attack(release: typeof withoutNoise): Promise<number> {
  const [canary, ordinary] = [await withoutNoise(true, 1), await withoutNoise(false, 1)];
  const score = async (withCanary: boolean, run: number) => {
    const samples = await release(withCanary, run);
    return samples.reduce((sum, value, at) => sum + value * (canary[at] - ordinary[at]), 0);
  };
  const calibration: number[] = [];
  for (let run = 0; run < 20; run++) calibration.push(await score(run % 2 === 0, 5000 + run));
  const threshold = calibration.toSorted((a, b) => a - b)[10];
  const said = { there: 0, falsely: 0 };
  for (let run = 0; run < TRIALS; run++) {
    if ((await score(true, 2 * run)) > threshold) said.there++;
    if ((await score(false, 2 * run + 1)) > threshold) said.falsely++;
  }
  return provenEpsilon(said.there, said.falsely, TRIALS, delta);
}

describe('an attack on the samples of the GAN', () => {
  it('finds the canary without noise, and stays below the claim with it', async (context) => {
    const open = await attack(withoutNoise);
    context.diagnostic(`without noise the attack proves ε > ${open.toFixed(2)}; a perfect one, ε > ${most.toFixed(2)}`);
    assert.ok(open > 2, `without noise the attack proves only ε > ${open.toFixed(2)}`);
    for (const epsilon of [0.5, 1, 2]) {
      assert.ok(epsilon < most, `no attack could refute ε = ${epsilon}`);
      const bound = await attack(published(epsilon));
      context.diagnostic(`at ε = ${epsilon} it proves ε > ${bound.toFixed(2)}`);
      assert.ok(bound <= epsilon, `the attack proves ε > ${bound}, but ε = ${epsilon} is claimed`);
    }
  });
});
