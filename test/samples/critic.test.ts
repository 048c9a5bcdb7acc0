/**
 * The critic's training step: what of the records may be seen besides its noisy sum.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDiscreteGaussian } from '../../node/privacy/discreteGaussian.ts';
import { createSeededRandom, secureBytes } from '../../node/random.ts';
import { createCritic, type PenaltyPoints } from '../../node/samples/critic.ts';
import { createArena } from '../../node/samples/matrix.ts';

describe('a step of the critic', () => {
  /** The next number of the public stream after a step on so many records. */
  function publicStreamAfter(rows: number, penaltyPoints: PenaltyPoints): number {
    const random = createSeededRandom(1);
    const arena = createArena(100_000);
    const options = { dimension: 3, classes: 2, hidden: [5], penalty: 10, penaltyPoints, noiseMultiplier: 1 };
    const sizes = { expectedRecords: 8, copies: 1, clusterLayers: false, maxRows: 16 };
    const critic = createCritic(
      arena,
      { ...options, ...sizes },
      random,
      secureBytes,
      createDiscreteGaussian(secureBytes),
    );
    const batch = (count: number) => {
      const coordinates = arena.create(16, 3);
      coordinates.data.fill(0.5);
      return { coordinates, labels: new Uint8Array(count) };
    };
    critic.learn(batch(rows), batch(16), 0.01);
    return random.uniform();
  }

  it('leaves the public random stream where it would be with any other number of records', () => {
    for (const points of ['fake', 'interpolated'] as const) {
      const stream = publicStreamAfter(7, points);
      for (const rows of [0, 1, 6, 8, 16]) assert.equal(publicStreamAfter(rows, points), stream, points);
    }
  });
});
