/**
 * The generators: units, shapes, ranges, refusals, the choice between them, and what they report for the budget.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PNG } from 'pngjs';
import { createDiscreteGaussian } from '../../node/privacy/discreteGaussian.ts';
import { tightEpsilon } from '../../node/privacy/lossDistribution.ts';
import { createSeededRandom } from '../../node/random.ts';
import { createBasis, createTableBasis } from '../../node/samples/basis.ts';
import { releaseClassGaussians, splitNoise } from '../../node/samples/classGaussians.ts';
import { applyContrast, fitContrast } from '../../node/samples/contrast.ts';
import { deform } from '../../node/samples/deform.ts';
import { createDpganGenerator, type DpganOptions, type DpganTraining } from '../../node/samples/dpgan.ts';
import { symmetricEigen } from '../../node/samples/eigen.ts';
import { createGaussianGenerator, drawCoordinates, type PlannedRelease } from '../../node/samples/gaussian.ts';
import { createSampleGenerator } from '../../node/samples/generator.ts';
import { drawGrid } from '../../node/samples/grid.ts';
import type { Examples } from '../../node/types.ts';

const delta = 1e-5;
const normalisation = { mean: 0.2, stdDev: 0.3 };
const quick: Partial<DpganTraining> = { steps: 6, hidden: [8, 4] };

function seededBytes(seed: number): (length: number) => Uint8Array {
  const random = createSeededRandom(seed);
  return (length) => Uint8Array.from({ length }, () => random.below(256));
}

/** Pictures of bars: class y is a bright row y on dark ground, with some noise. */
function bars(count: number, shape: readonly number[] = [8, 8, 1], classes = 4): Examples {
  const [height, width, channels] = shape;
  const random = createSeededRandom(count);
  const features = height * width * channels;
  const labels = Uint8Array.from({ length: count }, (_, row) => row % classes);
  const inputs = Float32Array.from({ length: count * features }, (_, at) => {
    const row = Math.floor((at % features) / (width * channels));
    const bright = row >> 1 === labels[Math.floor(at / features)];
    return ((bright ? 0.8 : 0) + 0.2 * random.uniform() - normalisation.mean) / normalisation.stdDev;
  });
  return { inputs, labels, shape: [height, width, channels], classes };
}

/** Two Gaussian clouds with features of different scales. */
function table(count: number): Examples {
  const random = createSeededRandom(count + 1);
  const labels = Uint8Array.from({ length: count }, (_, row) => row % 2);
  const inputs = Float32Array.from({ length: count * 3 }, (_, at) => {
    return (labels[Math.floor(at / 3)] === 1 ? 1 : -1) + random.uniform() - 0.5 + (at % 3 === 2 ? 10 : 0);
  });
  return { inputs, labels, shape: [3], classes: 2 };
}
const ranges = [
  [-3, 3],
  [-3, 3],
  [7, 13],
] as const;

const generators = {
  gaussian: (options: DpganOptions) => createGaussianGenerator(options),
  dpgan: (options: DpganOptions) => createDpganGenerator({ training: quick, ...options }),
};

for (const [kind, create] of Object.entries(generators)) {
  describe(`the ${kind} generator`, () => {
    for (const shape of [
      [8, 8, 1],
      [5, 12, 3],
      [16, 4, 2],
    ]) {
      it(`makes pictures of ${shape.join('×')} in normalised units`, async () => {
        const generator = create({ epsilon: 4, delta, normalisation, randomBytes: seededBytes(1) });
        const { samples, privacy } = await generator.generate(bars(400, shape), 30);
        assert.deepEqual(samples.shape, shape);
        assert.equal(samples.inputs.length, 30 * shape[0] * shape[1] * shape[2]);
        assert.deepEqual(privacy, { generator: kind, epsilon: 4, delta, unit: 'record' });
        const raw = samples.inputs.map((value) => value * normalisation.stdDev + normalisation.mean);
        assert.ok(raw.every((value) => value >= -1e-6 && value <= 1 + 1e-6));
        assert.ok(Math.max(...raw) - Math.min(...raw) > 0.2);
      });
    }

    it('makes rows of tables within their declared ranges', async () => {
      const plain = { mean: 0, stdDev: 1 };
      const generator = create({ epsilon: 8, delta, normalisation: plain, ranges, randomBytes: seededBytes(2) });
      const { samples } = await generator.generate(table(2000), 400);
      samples.inputs.forEach((value, at) => {
        const [low, high] = ranges[at % 3];
        assert.ok(value >= low - 1e-5 && value <= high + 1e-5);
      });
      // Both clouds are there, in their places.
      const firsts = samples.inputs.filter((_, at) => at % 3 === 0);
      const upper = firsts.filter((value) => value > 0);
      assert.ok(upper.length > 120 && upper.length < 280, `${upper.length} of 400 above 0`);
      assert.ok(Math.abs(upper.reduce((sum, value) => sum + value, 0) / upper.length - 1) < 0.3);
    });

    it('repeats with the same random bytes and differs with others', async () => {
      const run = async (seed: number) => {
        const generator = create({ epsilon: 4, delta, normalisation, randomBytes: seededBytes(seed) });
        return (await generator.generate(bars(400), 5)).samples.inputs;
      };
      assert.deepEqual(await run(3), await run(3));
      assert.notDeepEqual(await run(3), await run(4));
    });

    it('says what it will release before it reads a record, within (ε, δ), and stops when refused', async () => {
      const planned: PlannedRelease[] = [];
      const refuse = async (release: PlannedRelease) => {
        planned.push(release);
        throw new Error('over budget');
      };
      const generator = create({ epsilon: 4, delta, normalisation, onRelease: refuse });
      await assert.rejects(generator.generate(bars(400), 5), /over budget/);
      assert.equal(planned[0].generator, kind);
      assert.equal(planned[0].count, 5);
      const spent = tightEpsilon(planned[0].mechanisms, delta);
      assert.ok(spent <= 4 && spent > 3.98, `${spent}`);
    });

    it('refuses what it cannot use', async () => {
      const generator = create({ epsilon: 4, delta, normalisation });
      const good = bars(100);
      const refuses = (examples: Examples, count: number, code: string) =>
        assert.rejects(generator.generate(examples, count), { code });
      await refuses(good, 0, 'INVALID_OPTION');
      await refuses({ ...good, labels: new Uint8Array(0) }, 5, 'LABELS_MISSING');
      await refuses({ ...good, labels: new Uint8Array(100).fill(9) }, 5, 'LABELS_MISSING');
      await refuses({ ...good, inputs: good.inputs.subarray(1) }, 5, 'SHAPE_MISMATCH');
      await refuses(
        { ...good, inputs: good.inputs.map((value, at) => (at === 70 ? Number.NaN : value)) },
        5,
        'NOT_FINITE',
      );
    });
  });
}

describe('the gaussian generator without much noise', () => {
  it('finds the classes and their shares', async () => {
    const examples = bars(2000);
    const generator = createGaussianGenerator({ epsilon: 50, delta, normalisation, randomBytes: seededBytes(5) });
    const { samples } = await generator.generate(examples, 400);
    const found = new Uint32Array(4);
    for (let row = 0; row < 400; row++) {
      const brightness = Array.from({ length: 4 }, (_, bar) =>
        samples.inputs.subarray(row * 64 + bar * 16, row * 64 + (bar + 1) * 16).reduce((sum, value) => sum + value, 0),
      );
      found[brightness.indexOf(Math.max(...brightness))]++;
    }
    assert.ok(
      found.every((count) => count >= 98 && count <= 102),
      `${found}`,
    );
  });
});

describe('what the noise leaves of the variance', () => {
  /** Rows of 20 features: two classes, one strong direction and weak noise in all others. */
  const classes = 2;
  const count = 600;
  const features = 20;
  const basis = createTableBasis(
    Array.from({ length: features }, () => [-1, 1] as const),
    { mean: 0, stdDev: 1 },
  );
  const random = createSeededRandom(20);
  const labels = Uint8Array.from({ length: count }, (_, row) => row % classes);
  const strong = Array.from({ length: count }, () => 1.6 * random.uniform() - 0.8);
  const inputs = Float32Array.from({ length: count * features }, (_, at) => {
    const row = Math.floor(at / features);
    if (at % features === 0) return labels[row] - 0.5;
    if (at % features <= 6) return strong[row];
    return 0.7 * (2 * random.uniform() - 1);
  });
  const examples = { inputs, labels, shape: [features], classes };
  const variance = (rows: readonly Float64Array[]) => {
    const middle = new Float64Array(features);
    for (const row of rows) for (let d = 1; d < features; d++) middle[d] += row[d] / rows.length;
    return rows.reduce((sum, row) => sum + row.reduce((all, x, d) => all + (d > 0 ? (x - middle[d]) ** 2 : 0), 0), 0);
  };

  it('is given to the directions that stand out, so that samples vary as much as the records', () => {
    const noise = splitNoise(0.64);
    const model = releaseClassGaussians(examples, basis, noise, createDiscreteGaussian(seededBytes(21)));
    assert.ok(model.directions.length < features / 2, `${model.directions.length} directions stand out`);
    assert.ok(model.spread > 1.05 && model.spread < 2, `${model.spread}`);
    const drawn = drawCoordinates(model, features, count, seededBytes(22), createSeededRandom(23));
    const records = Array.from({ length: count }, (_, row) => {
      const own = new Float64Array(features);
      basis.encode(inputs.subarray(row * features, (row + 1) * features), own);
      return own;
    });
    const ratio = variance(drawn) / variance(records);
    assert.ok(ratio > 0.8 && ratio < 1.2, `samples vary ${ratio} times as much as the records`);
  });
});

describe('deformed pictures', () => {
  it('stay where they are and as bright as they are on average, but differ', () => {
    const shape = [24, 32, 2] as const;
    const picture = Float64Array.from({ length: 24 * 32 * 2 }, (_, at) => {
      const [y, x] = [Math.floor(at / 64), Math.floor(at / 2) % 32];
      return (at % 2 === 0 ? 1 : 0.5) * Math.exp(-((x - 18) ** 2) / 20 - (y - 11) ** 2 / 8);
    });
    const random = createSeededRandom(24);
    const copies = Array.from({ length: 200 }, () => deform(picture, shape, random));
    const sum = (values: Float64Array, channel: number) =>
      values.reduce((all, value, at) => all + (at % 2 === channel ? value : 0), 0);
    const centre = (values: Float64Array) =>
      values.reduce((all, value, at) => all + (at % 2 === 0 ? value * (Math.floor(at / 2) % 32) : 0), 0) /
      sum(values, 0);
    const mean = (of: (copy: Float64Array) => number) => copies.reduce((all, copy) => all + of(copy), 0) / 200;
    assert.ok(Math.abs(mean((copy) => sum(copy, 0)) / sum(picture, 0) - 1) < 0.03);
    assert.ok(Math.abs(mean((copy) => sum(copy, 1) / sum(copy, 0)) - 0.5) < 1e-6, 'channels move together');
    assert.ok(Math.abs(mean(centre) - centre(picture)) < 0.2);
    const moved = Math.sqrt(mean((copy) => (centre(copy) - centre(picture)) ** 2));
    assert.ok(moved > 0.4 && moved < 1.2, `shifted by ${moved} pixels`);
  });
});

describe('the GAN', () => {
  it('trains with the interpolated penalty, with copies and with clustered layers', async () => {
    for (const [training, augmentation] of [
      [{ ...quick, penaltyPoints: 'interpolated' }, undefined],
      [
        { ...quick, clusterLayers: true },
        { copies: 3, degrees: 1, shift: 0.01 },
      ],
    ] as const) {
      const options = { epsilon: 4, delta, normalisation, training, randomBytes: seededBytes(6) };
      const generator = createDpganGenerator(augmentation === undefined ? options : { ...options, augmentation });
      const { samples } = await generator.generate(bars(300), 10);
      assert.ok(samples.inputs.every(Number.isFinite));
    }
  });

  it('states what the paper’s accounting costs an original record', async () => {
    const options = { epsilon: 4, delta, normalisation, training: quick, paperAccounting: true };
    const { privacy } = await createDpganGenerator(options).generate(bars(60), 5);
    assert.ok(privacy.epsilon > 200, `${privacy.epsilon}`);
    assert.equal(privacy.unit, 'record');
  });
});

describe('the choice', () => {
  const choose = async (kind: 'auto' | 'dpgan' | 'gaussian', records: number) => {
    const logged: Readonly<Record<string, string | number>>[] = [];
    const options = { kind, epsilon: 4, delta, normalisation, training: { ...quick, steps: 1 } };
    const generator = createSampleGenerator(options, (_, facts) => logged.push(facts));
    const { privacy } = await generator.generate(bars(records, [2, 2, 1], 1 + Math.min(3, records)), 2);
    assert.equal(logged[0]['generator'], privacy.generator);
    assert.ok(String(logged[0]['reason']).length > 5);
    return privacy.generator;
  };

  it('is by the number of records, unless one is asked for', async () => {
    assert.equal(await choose('auto', 5999), 'gaussian');
    assert.equal(await choose('auto', 6000), 'dpgan');
    assert.equal(await choose('dpgan', 600), 'dpgan');
    assert.equal(await choose('gaussian', 6000), 'gaussian');
  });

  it('takes gaussian where noisy training cannot be certified, and says why', async () => {
    const lines: string[] = [];
    const log = (_: string, { generator, reason }: Readonly<Record<string, string | number>>) =>
      lines.push(`${generator}: ${reason}`);
    const options = { epsilon: 10, delta, normalisation };
    const { privacy } = await createSampleGenerator({ ...options, kind: 'auto' }, log).generate(bars(6000), 5);
    assert.deepEqual([privacy.generator, privacy.epsilon], ['gaussian', 10]);
    assert.match(lines.at(-1) ?? '', /^gaussian: .*too large to be certified/);
    const asked = createSampleGenerator({ ...options, kind: 'dpgan' }, () => {});
    await assert.rejects(asked.generate(bars(6000), 5), { code: 'UNREACHABLE' });
  });

  it('refuses too few records and a single class', async () => {
    const generator = createSampleGenerator({ kind: 'auto', epsilon: 4, delta, normalisation }, () => {});
    await assert.rejects(generator.generate(bars(4), 5), { code: 'TOO_FEW_EXAMPLES' });
    const examples = bars(400);
    await assert.rejects(generator.generate({ ...examples, labels: new Uint8Array(400) }, 5), {
      code: 'LABELS_MISSING',
    });
  });
});

describe('the parts', () => {
  it('bases are orthonormal: decode then encode gives the coordinates back', () => {
    for (const shape of [[8, 8, 1], [20, 16, 3], [6]]) {
      const basis = createBasis(shape, normalisation);
      const random = createSeededRandom(8);
      const coordinates = Float64Array.from({ length: basis.dimension }, () => (random.uniform() - 0.5) / 10);
      const raw = basis.decode(coordinates);
      const back = new Float64Array(basis.dimension);
      basis.encode(
        Float32Array.from(raw, (value) => (value - normalisation.mean) / normalisation.stdDev),
        back,
      );
      back.forEach((value, d) => {
        assert.ok(Math.abs(value - coordinates[d]) < 1e-5, `${shape}: ${value} instead of ${coordinates[d]}`);
      });
    }
    assert.throws(() => createBasis([2], normalisation, [[0, 1]]), { code: 'INVALID_OPTION' });
    assert.throws(() => createBasis([1], normalisation, [[1, 1]]), { code: 'INVALID_OPTION' });
  });

  it('eigenvectors rebuild the matrix', () => {
    const random = createSeededRandom(9);
    const n = 12;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = random.uniform() - 0.5;
    const { values, vectors } = symmetricEigen(matrix, n);
    matrix.forEach((entry, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      const rebuilt = values.reduce((sum, value, k) => sum + value * vectors[k * n + i] * vectors[k * n + j], 0);
      assert.ok(Math.abs(rebuilt - entry) < 1e-12);
    });
  });

  it('contrast meets the declared mean', () => {
    const random = createSeededRandom(10);
    const values = Float64Array.from({ length: 5000 }, () => random.uniform() ** 3);
    const contrast = fitContrast(values, { mean: 0.1, stdDev: 0.275 });
    const mean = values.reduce((sum, value) => sum + applyContrast(contrast, value), 0) / values.length;
    assert.ok(Math.abs(mean - 0.1) < 2e-3, `${mean}`);
  });

  it('grids show every sample in its place', () => {
    const inputs = Float32Array.from([0, 1, 0.5, 0.25, 1, 0].map((value) => (value - 0.2) / 0.3));
    const png = PNG.sync.read(Buffer.from(drawGrid({ inputs, shape: [1, 2, 1] }, normalisation, 2)));
    assert.deepEqual([png.width, png.height], [2 * 4 + 2, 2 * 3 + 2]);
    const grey = (x: number, y: number) => png.data[4 * (y * png.width + x)];
    assert.deepEqual(
      [grey(2, 2), grey(3, 2), grey(6, 2), grey(7, 2), grey(2, 5), grey(3, 5)],
      [0, 255, 128, 64, 255, 0],
    );
    assert.throws(() => drawGrid({ inputs, shape: [6] }, normalisation, 1), { code: 'SHAPE_MISMATCH' });
  });
});
