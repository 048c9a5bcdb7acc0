/**
 * An empirical audit of the privacy statement: attacks that guess who was in the data, turned into lower bounds on ε.
 * A bound above the claimed ε would prove the claim wrong; the same attack without noise shows that it can see.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { calibrateNoise } from '../../node/privacy/accountant.ts';
import { createDiscreteGaussian } from '../../node/privacy/discreteGaussian.ts';
import { createSeededRandom } from '../../node/random.ts';
import { createCritic } from '../../node/samples/critic.ts';
import { createGaussianGenerator } from '../../node/samples/gaussian.ts';
import { createArena } from '../../node/samples/matrix.ts';
import type { Examples } from '../../node/types.ts';
import { refuted } from './lowerBounds.ts';

function seededBytes(seed: number): (length: number) => Uint8Array {
  const random = createSeededRandom(seed);
  return (length) => {
    const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => random.below(2 ** 32));
    return new Uint8Array(words.buffer, 0, length);
  };
}

describe('an attack on the released samples', () => {
  /** Grey 4×4 pictures of two classes; a canary is white on black where all others are black on white. */
  const records = 60;
  const normalisation = { mean: 0.5, stdDev: 0.25 };
  function data(withCanary: boolean): Examples {
    const random = createSeededRandom(1);
    const count = records + (withCanary ? 1 : 0);
    const labels = Uint8Array.from({ length: count }, (_, row) => row % 2);
    const inputs = Float32Array.from({ length: count * 16 }, (_, at) => {
      const [row, pixel] = [at >> 4, at & 15];
      const raw = row === records ? (pixel < 8 ? 1 : 0) : pixel < 8 ? 0 : 0.5 + 0.5 * random.uniform();
      return (raw - normalisation.mean) / normalisation.stdDev;
    });
    return { inputs, labels, shape: [4, 4, 1], classes: 2 };
  }
  /** Guesses from the samples' brightness where only the canary is bright; the threshold comes from other runs. */
  async function attack(epsilon: number, runs: number): Promise<number> {
    const score = async (withCanary: boolean, seed: number) => {
      const generator = createGaussianGenerator({
        epsilon,
        delta: 1e-5,
        normalisation,
        randomBytes: seededBytes(seed),
      });
      const { samples } = await generator.generate(data(withCanary), 200);
      return samples.inputs.reduce((sum, value, at) => sum + ((at & 15) < 8 ? value : -value), 0);
    };
    const calibration: number[] = [];
    for (let run = 0; run < 40; run++) calibration.push(await score(run % 2 === 0, 5000 + run));
    const threshold = calibration.toSorted((a, b) => a - b)[20];
    let right = 0;
    for (let run = 0; run < runs; run++) {
      const member = run % 2 === 0;
      if ((await score(member, run)) > threshold === member) right++;
    }
    return refuted(right, runs);
  }

  it('sees the canary when there is little noise, and stays below the claim otherwise', async (context) => {
    const weak = await attack(60, 120);
    context.diagnostic(`at ε = 60 the attack proves ε > ${weak.toFixed(2)}`);
    assert.ok(weak > 1, `at ε = 60 the attack proves only ε > ${weak.toFixed(2)}`);
    for (const epsilon of [0.5, 1, 2]) {
      const bound = await attack(epsilon, 120);
      context.diagnostic(`at ε = ${epsilon} it proves ε > ${bound.toFixed(2)}`);
      assert.ok(bound <= epsilon, `the attack proves ε > ${bound}, but ε = ${epsilon} is claimed`);
    }
  });
});

describe('an attack on the critic', () => {
  const dimension = 12;
  const candidates = 240;
  const hidden = [64, 32];
  const steps = 300;
  /** Trains a critic on the members and guesses the 60 most and 60 least realistic candidates. */
  function attack(noiseMultiplier: number, seed: number): number {
    const random = createSeededRandom(seed);
    const arena = createArena(2_000_000);
    const points = Array.from({ length: candidates }, () => {
      const vector = Array.from({ length: dimension }, () => random.uniform() - 0.5);
      const norm = Math.hypot(...vector);
      return vector.map((value) => value / norm);
    });
    const members = points.map(() => random.uniform() < 0.5);
    const memberRows = points.filter((_, index) => members[index]);
    const options = {
      dimension,
      classes: 1,
      hidden,
      penalty: 0.1,
      penaltyPoints: 'fake',
      noiseMultiplier,
      expectedRecords: memberRows.length,
      copies: 1,
      clusterLayers: false,
      maxRows: candidates,
    } as const;
    const critic = createCritic(
      arena,
      options,
      random,
      seededBytes(seed + 2),
      createDiscreteGaussian(seededBytes(seed + 1)),
    );
    const batch = (rows: readonly (readonly number[])[]) => {
      const coordinates = arena.create(rows.length, dimension);
      rows.forEach((row, index) => {
        coordinates.data.set(row, index * coordinates.stride);
      });
      return { coordinates, labels: new Uint8Array(rows.length) };
    };
    const real = batch(memberRows);
    const fakes = batch(
      Array.from({ length: 120 }, () => {
        const vector = Array.from({ length: dimension }, () => random.uniform() - 0.5);
        const norm = Math.hypot(...vector);
        return vector.map((value) => value / norm);
      }),
    );
    for (let step = 0; step < steps; step++) critic.learn(real, fakes, 5e-3);
    const values = critic.values(batch(points));
    const order = points.map((_, index) => index).sort((a, b) => values[b] - values[a]);
    const right =
      order.slice(0, 60).filter((index) => members[index]).length +
      order.slice(-60).filter((index) => !members[index]).length;
    return refuted(right, 120);
  }

  it('works without noise and fails with it', (context) => {
    const open = attack(0, 3);
    context.diagnostic(`without noise the attack proves ε > ${open.toFixed(2)}`);
    assert.ok(open > 1, `without noise the attack proves only ε > ${open.toFixed(2)}`);
    for (const epsilon of [1, 4]) {
      const noise = calibrateNoise({ epsilon, delta: 1e-5, sampleRate: 1, steps });
      for (const seed of [4, 5]) {
        const bound = attack(noise, seed);
        context.diagnostic(`at ε = ${epsilon} it proves ε > ${bound.toFixed(2)}`);
        assert.ok(bound <= epsilon, `the attack proves ε > ${bound}, but ε = ${epsilon} is claimed`);
      }
    }
  });
});
