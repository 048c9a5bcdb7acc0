/**
 * The noise on the critic's sums: its size at values where a unit mistake shows, its places, and Poisson sampling.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDiscreteGaussian } from '../../node/privacy/discreteGaussian.ts';
import { createSeededRandom } from '../../node/random.ts';
import { augment, copiesOf } from '../../node/samples/augment.ts';
import { createBasis, createTableBasis } from '../../node/samples/basis.ts';
import { createArena } from '../../node/samples/matrix.ts';
import { createLayers } from '../../node/samples/network.ts';
import { addNoise, roundingShare } from '../../node/samples/noisySum.ts';
import { createRecords } from '../../node/samples/records.ts';

function seededBytes(seed: number): (length: number) => Uint8Array {
  const random = createSeededRandom(seed);
  return (length) => Uint8Array.from({ length }, () => random.below(256));
}

describe('noise on a sum', () => {
  it('has the standard deviation asked for over each layer’s weight, and leaves padding alone', () => {
    const arena = createArena(200_000);
    const sizes = [60, 50, 40];
    const weights = [0.5, 3];
    const sums = createLayers(arena, sizes);
    for (const { data } of sums) data.fill(7);
    addNoise(sums, 1.7, weights, createDiscreteGaussian(seededBytes(1)));
    sums.forEach(({ data, stride, rows, columns }, layer) => {
      let squares = 0;
      data.forEach((value, at) => {
        if (at % stride < columns - 1) squares += (value - 7) ** 2;
        else assert.equal(value, 7);
      });
      const count = rows * (columns - 1);
      const expected = (1.7 / weights[layer]) ** 2;
      assert.ok(Math.abs(squares / count / expected - 1) < 6 * Math.sqrt(2 / count), `layer ${layer}`);
    });
  });

  it('adds nothing without a standard deviation, and is larger by what rounding may change', () => {
    const sums = createLayers(createArena(1000), [2, 2]);
    addNoise(sums, 0, [1], createDiscreteGaussian(seededBytes(2)));
    assert.ok(sums[0].data.every((value) => value === 0));
    // 1000 records: 2·1000·((32 + 4)·4 + 2) float32 roundings; the lattice: one step of 5/2²⁰ for 10⁴ parameters.
    const floats = (2 * 1000 * 146) / 2 ** 24;
    const lattice = (100 * 5) / 2 ** 20;
    assert.ok(Math.abs(roundingShare(1000, 10_000, 5) - (floats + lattice) / (1 - lattice)) < 1e-12);
    assert.ok(roundingShare(1000, 10_995, 10_000) > 0);
    assert.throws(() => roundingShare(1000, 10_996, 10_000), RangeError);
  });
});

describe('Poisson samples', () => {
  const count = 500;
  const examples = {
    inputs: Float32Array.from({ length: count }, (_, row) => (row / count) * 2 - 1),
    labels: Uint8Array.from({ length: count }, (_, row) => row % 3),
    shape: [1],
    classes: 3,
  };
  const basis = createTableBasis([[-1, 1]], { mean: 0, stdDev: 1 });

  it('take every record independently at the sample rate, with its class', () => {
    const records = createRecords(createArena(20_000), examples, basis, 50, undefined, seededBytes(4));
    assert.ok(records.sampleRate <= 0.1 && records.sampleRate > 0.0999999);
    const draws = 2000;
    const sizes: number[] = [];
    const taken = new Uint32Array(count);
    for (let draw = 0; draw < draws; draw++) {
      const { coordinates, labels } = records.sample();
      sizes.push(labels.length);
      labels.forEach((label, row) => {
        const record = Math.round(((coordinates.data[row * coordinates.stride] + 1) / 2) * count);
        assert.equal(label, record % 3);
        taken[record]++;
      });
    }
    const mean = sizes.reduce((sum, size) => sum + size, 0) / draws;
    const variance = sizes.reduce((sum, size) => sum + (size - mean) ** 2, 0) / draws;
    assert.ok(Math.abs(mean - 50) < 6 * Math.sqrt(45 / draws));
    assert.ok(Math.abs(variance / 45 - 1) < 6 * Math.sqrt(2 / draws), `batch sizes vary by ${variance}, not 45`);
    assert.ok(taken.every((times) => Math.abs(times - 200) < 6 * Math.sqrt(180)));
  });

  it('keep the copies of a record together', () => {
    const augmentation = { copies: 3, degrees: 1, shift: 0.01 };
    const records = createRecords(createArena(20_000), examples, basis, 50, augmentation, seededBytes(6));
    const { coordinates, labels } = records.sample();
    assert.equal(labels.length % 3, 0);
    for (let row = 0; row < labels.length; row += 3) {
      const values = [0, 1, 2].map((copy) => coordinates.data[(row + copy) * coordinates.stride]);
      assert.deepEqual(values, [values[0], values[0], values[0]]); // rows of a table are not changed
    }
  });
});

describe('absurd records', () => {
  it('are cut before they can overflow the critic’s numbers', () => {
    const inputs = new Float32Array(8 * 8 * 4).fill(3e38);
    const examples = { inputs, labels: new Uint8Array(4), shape: [8, 8, 1], classes: 1 };
    const pictures = createBasis([8, 8, 1], { mean: 0.5, stdDev: 0.25 });
    const records = createRecords(createArena(20_000), examples, pictures, 4, undefined, seededBytes(9));
    const { coordinates, labels } = records.sample();
    assert.ok(labels.length > 0);
    assert.ok(Math.hypot(...coordinates.data.subarray(0, pictures.dimension)) <= 2);
  });
});

describe('augmented copies', () => {
  it('keep the picture in its place and its brightness', () => {
    const picture = Float32Array.from({ length: 32 * 32 }, (_, at) => {
      return Math.exp(-(((at % 32) - 16) ** 2) / 20 - (Math.floor(at / 32) - 15) ** 2 / 30);
    });
    const random = createSeededRandom(7);
    const copy = augment(picture, [32, 32, 1], { degrees: 1, shift: 0.01 }, random);
    assert.deepEqual(augment(picture, [32, 32, 1], { degrees: 0, shift: 0 }, random), picture);
    const difference = Math.hypot(...copy.map((value, at) => value - picture[at])) / Math.hypot(...picture);
    assert.ok(difference > 1e-4 && difference < 0.1, `${difference}`);
    const sum = (values: Float32Array) => values.reduce((all, value) => all + value, 0);
    assert.ok(Math.abs(sum(copy) / sum(picture) - 1) < 0.01);
  });

  it('differ, the first being the original, and are those of its record alone', () => {
    const picture = Float32Array.from({ length: 8 * 8 }, (_, at) => at % 7);
    const augmentation = { copies: 3, degrees: 1, shift: 0.1 };
    const copies = copiesOf(picture, [8, 8, 1], augmentation, seededBytes(1));
    assert.deepEqual(copies[0], picture);
    assert.notDeepEqual(copies[1], picture);
    assert.notDeepEqual(copies[1], copies[2]);
    // Four bytes a record, however many copies.
    let drawn = 0;
    const counted = (length: number) => {
      drawn += length;
      return seededBytes(1)(length);
    };
    copiesOf(picture, [8, 8, 1], { ...augmentation, copies: 100 }, counted);
    assert.equal(drawn, 4);
    assert.deepEqual(copiesOf(picture, [64], augmentation, seededBytes(1)), [picture, picture, picture]);
  });
});
