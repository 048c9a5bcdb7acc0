/**
 * Shrinking class means: what noise and signal leave of them, band by band, and that bands cover every coordinate once.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDiscreteGaussian } from '../../node/privacy/discreteGaussian.ts';
import { createSeededRandom } from '../../node/random.ts';
import { createBasis } from '../../node/samples/basis.ts';
import { releaseClassGaussians, splitNoise } from '../../node/samples/classGaussians.ts';
import { normal } from '../../node/samples/normal.ts';
import { shrinkMeans } from '../../node/samples/shrink.ts';

describe('class means', () => {
  it('keep signal / (signal + noise) of their distance, per band', () => {
    // Two classes at ±3 in the first two coordinates and ±0.5 in the last, around (1, 1, 1).
    const means = Float64Array.from([4, -2, 1.5, -2, 4, 0.5]);
    shrinkMeans(means, Float64Array.from([1, 1, 1]), Float64Array.from([4, 4]), [[0, 1], [2]]);
    // Distances to the pooled mean hold half of the noise, 2: kept are (9 − 2) / 9, and nothing of 0.25 < 2.
    const near = 1 + 3 * (7 / 9);
    const far = 1 - 3 * (7 / 9);
    [near, far, 1, far, near, 1].forEach((value, at) => {
      assert.ok(Math.abs(means[at] - value) < 1e-12, `${means}`);
    });
  });

  it('of noisier classes are pulled further', () => {
    const means = Float64Array.from([5, -5]);
    shrinkMeans(means, Float64Array.of(0), Float64Array.from([2, 8]), [[0]]);
    // Signal: (50 − 1 − 4) / 2 = 22.5.
    assert.ok(Math.abs(means[0] - (5 * 22.5) / 23.5) < 1e-12);
    assert.ok(Math.abs(means[1] + (5 * 22.5) / 26.5) < 1e-12);
  });

  it('stay finite when they do not differ or there is one', () => {
    const same = Float64Array.from([2, 2]);
    shrinkMeans(same, Float64Array.of(2), Float64Array.of(0, 0), [[0]]);
    assert.deepEqual([...same], [2, 2]);
    const single = Float64Array.of(3);
    shrinkMeans(single, Float64Array.of(3), Float64Array.of(1), [[0]]);
    assert.deepEqual([...single], [3]);
  });

  it('come nearer to the truth with bands than without when signal is in few coordinates', () => {
    const random = createSeededRandom(30);
    const [classes, dimension] = [10, 40];
    const truth = Float64Array.from({ length: classes * dimension }, (_, at) => {
      return at % dimension < 8 ? 2 * normal(random) : 0.1 * normal(random);
    });
    const noisy = truth.map((value) => value + normal(random));
    const pooled = Float64Array.from({ length: dimension }, (_, d) => {
      return noisy.reduce((sum, value, at) => sum + (at % dimension === d ? value / classes : 0), 0);
    });
    const error = (bands: readonly (readonly number[])[]) => {
      const means = noisy.slice();
      shrinkMeans(means, pooled, new Float64Array(classes).fill(1), bands);
      return means.reduce((sum, value, at) => sum + (value - truth[at]) ** 2, 0);
    };
    const all = Array.from({ length: dimension }, (_, d) => d);
    const [banded, alike] = [error([all.slice(0, 8), all.slice(8)]), error([all])];
    assert.ok(banded < 0.75 * alike, `${banded} instead of ${alike}`);
  });
});

describe('released class means', () => {
  it('are shrunk by the bands of the basis', () => {
    // Classes are flat grey pictures of different brightness: all signal is in the lowest frequency.
    const normalisation = { mean: 0.3, stdDev: 0.2 };
    const [classes, count, features] = [4, 400, 256];
    const labels = Uint8Array.from({ length: count }, (_, row) => row % classes);
    const brightness = (label: number) => 0.15 * label;
    const inputs = Float32Array.from({ length: count * features }, (_, at) => {
      return (brightness(labels[Math.floor(at / features)]) - normalisation.mean) / normalisation.stdDev;
    });
    const examples = { inputs, labels, shape: [16, 16, 1], classes };
    const basis = createBasis(examples.shape, normalisation);
    const error = (bands: readonly (readonly number[])[]) => {
      const random = createSeededRandom(31);
      const noise = createDiscreteGaussian((length) => Uint8Array.from({ length }, () => random.below(256)));
      const { means } = releaseClassGaussians(examples, { ...basis, bands }, splitNoise(1), noise);
      const truth = new Float64Array(basis.dimension);
      let squares = 0;
      for (let label = 0; label < classes; label++) {
        basis.encode(inputs.subarray(label * features, (label + 1) * features), truth);
        truth.forEach((value, d) => {
          squares += (means[label * basis.dimension + d] - value) ** 2;
        });
      }
      return squares;
    };
    const [banded, alike] = [error(basis.bands), error([Array.from({ length: basis.dimension }, (_, d) => d)])];
    assert.ok(banded < 0.75 * alike, `${banded} instead of ${alike}`);
  });
});

describe('bands', () => {
  it('hold every coordinate once', () => {
    for (const shape of [[8, 8, 1], [20, 16, 3], [5, 12, 2], [6]]) {
      const { bands, dimension } = createBasis(shape, { mean: 0.2, stdDev: 0.3 });
      const listed = bands.flat().sort((a, b) => a - b);
      assert.deepEqual(
        listed,
        Array.from({ length: dimension }, (_, d) => d),
      );
    }
  });

  it('of pictures are those of equal frequency, one after another; tables have one', () => {
    const sizes = (shape: readonly number[]) =>
      createBasis(shape, { mean: 0.2, stdDev: 0.3 }).bands.map((band) => band.length);
    const rising = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
    assert.deepEqual(sizes([32, 32, 1]), rising(14));
    assert.deepEqual(sizes([32, 32, 3]), [...rising(14), ...rising(7), ...rising(7)]);
    assert.deepEqual(sizes([6]), [6]);
  });
});
