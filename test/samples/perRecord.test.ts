/**
 * Per-record clipping against brute force: every record's gradient written out, differentiated independently.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createSeededRandom, type SeededRandom } from '../../node/random.ts';
import { createArena, type Matrix } from '../../node/samples/matrix.ts';
import {
  backward,
  createLayers,
  createNetwork,
  createPass,
  forward,
  inputGradients,
  type Network,
  type Pass,
  pushTangents,
  sumGradients,
} from '../../node/samples/network.ts';
import { clippedSum, type Factor, REACH, recordNorms, sumRounding } from '../../node/samples/perRecord.ts';

const LEAK = 0.2;
const PENALTY = 10;

/** Weights as plain float64 arrays: [layer][out][in + 1], biases last. */
type Plain = readonly (readonly (readonly number[])[])[];

function plain({ sizes, layers }: Network): Plain {
  return layers.map(({ data, stride }, layer) =>
    Array.from({ length: sizes[layer + 1] }, (_, out) =>
      Array.from({ length: sizes[layer] + 1 }, (_, input) => data[input * stride + out]),
    ),
  );
}

/** f(x) and |∇ₓf(x)| with the slopes at x, in float64. */
function evaluate(weights: Plain, x: readonly number[]): { value: number; slope: number[]; pattern: string } {
  let activation = [...x];
  const masks: number[][] = [];
  weights.forEach((rows, layer) => {
    const sums = rows.map((row) => row.reduce((sum, weight, i) => sum + weight * (activation[i] ?? 1), 0));
    const last = layer === weights.length - 1;
    const mask = sums.map((sum) => (last || sum >= 0 ? 1 : LEAK));
    masks.push(mask);
    activation = sums.map((sum, i) => sum * mask[i]);
  });
  let signal = [1];
  for (let layer = weights.length - 1; layer >= 0; layer--) {
    const masked = signal.map((value, i) => value * masks[layer][i]);
    signal = Array.from({ length: weights[layer][0].length - 1 }, (_, input) =>
      weights[layer].reduce((sum, row, out) => sum + row[input] * masked[out], 0),
    );
  }
  return { value: activation[0], slope: signal, pattern: masks.flat().join() };
}

/** The loss of one record: −f(real) + f(fake) + λ(|∇f(mixed)| − 1)². */
function lossOf(weights: Plain, [real, fake, mixed]: readonly (readonly number[])[]): number {
  const norm = Math.hypot(...evaluate(weights, mixed).slope);
  return evaluate(weights, fake).value - evaluate(weights, real).value + PENALTY * (norm - 1) ** 2;
}

/** Its gradient by central differences, exact up to rounding because f is piecewise linear; undefined near a kink. */
function gradientOf(weights: Plain, points: readonly (readonly number[])[]): number[] | undefined {
  const step = 1e-6;
  const patterns = points.map((x) => evaluate(weights, x).pattern).join();
  const gradient: number[] = [];
  for (let layer = 0; layer < weights.length; layer++) {
    for (let out = 0; out < weights[layer].length; out++) {
      for (let input = 0; input < weights[layer][out].length; input++) {
        const moved = (by: number): Plain =>
          weights.map((rows, l) =>
            rows.map((row, o) => row.map((w, i) => (l === layer && o === out && i === input ? w + by : w))),
          );
        const [up, down] = [moved(step), moved(-step)];
        for (const other of [up, down]) {
          if (points.map((x) => evaluate(other, x).pattern).join() !== patterns) return undefined;
        }
        gradient.push((lossOf(up, points) - lossOf(down, points)) / (2 * step));
      }
    }
  }
  return gradient;
}

/** The library's gradient of a sum, flattened in the order of {@link gradientOf}. */
function flatten(sizes: readonly number[], sums: readonly Matrix[]): number[] {
  return sums.flatMap(({ data, stride }, layer) =>
    Array.from({ length: sizes[layer + 1] }, (_, out) =>
      Array.from({ length: sizes[layer] + 1 }, (_, input) => data[input * stride + out]),
    ).flat(),
  );
}

/** A random network and batch, with all three factors of every record. */
function setUp(random: SeededRandom, sizes: readonly number[], rows: number) {
  const arena = createArena(200_000);
  const network = createNetwork(arena, sizes, random, 1.2);
  for (const { data, stride, rows: height } of network.layers) {
    for (let out = 0; out < stride; out++)
      if (data[out] !== 0) data[(height - 1) * stride + out] = random.uniform() - 0.5;
  }
  const points = Array.from({ length: 3 }, () =>
    Array.from({ length: rows }, () => Array.from({ length: sizes[0] }, () => Math.fround(4 * random.uniform() - 2))),
  );
  const passes = points.map((batch, kind): Pass => {
    const pass = createPass(arena, sizes, rows);
    batch.forEach((x, row) => {
      pass.inputs[0].data.set(x, row * pass.inputs[0].stride);
    });
    forward(arena, network, pass, rows);
    const last = pass.signals[sizes.length - 2];
    for (let row = 0; row < rows; row++) last.data[row * last.stride] = kind === 0 ? -1 : 1;
    backward(arena, network, pass, rows);
    return pass;
  });
  const mixed = passes[2];
  const slopes = arena.create(rows, sizes[0] + 1);
  inputGradients(arena, network, mixed, slopes, rows);
  const tangents = sizes.slice(0, -1).map((size) => arena.create(rows, size + 1));
  for (let row = 0; row < rows; row++) {
    const own = slopes.data.subarray(row * slopes.stride, row * slopes.stride + sizes[0]);
    const norm = Math.hypot(...own);
    const scaled = own.map((value) => (2 * PENALTY * (norm - 1) * value) / norm);
    tangents[0].data.set(scaled, row * tangents[0].stride);
  }
  pushTangents(arena, network, mixed, tangents, rows);
  const factors: Factor[] = [
    { signals: passes[0].signals, inputs: passes[0].inputs },
    { signals: passes[1].signals, inputs: passes[1].inputs },
    { signals: mixed.signals, inputs: tangents },
  ];
  const weights = plain(network);
  const gradients = Array.from({ length: rows }, (_, row) =>
    gradientOf(
      weights,
      points.map((batch) => batch[row]),
    ),
  );
  return { arena, network, factors, gradients };
}

const norm = (vector: readonly number[]) => Math.hypot(...vector);
const cases = fc.record({
  seed: fc.integer(),
  inputs: fc.integer({ min: 1, max: 9 }),
  hidden: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
  rows: fc.integer({ min: 1, max: 6 }),
});

describe('per-record gradients', () => {
  it('have the norms and clipped sums of brute force, and no norm is understated', () => {
    let compared = 0;
    fc.assert(
      fc.property(cases, fc.double({ min: 0.1, max: 30, noNaN: true }), ({ seed, inputs, hidden, rows }, clipNorm) => {
        const sizes = [inputs, ...hidden, 1];
        const { arena, factors, gradients } = setUp(createSeededRandom(seed), sizes, rows);
        const known = gradients.filter((gradient) => gradient !== undefined);
        if (known.length < rows) return; // a record on a kink has no gradient to compare with
        compared += rows;
        const { norms } = recordNorms(arena, factors, rows);
        known.forEach((gradient, row) => {
          const exact = norm(gradient);
          const tolerance = 1e-5 * exact + 2e-7; // the second part is the differences' own rounding
          assert.ok(Math.abs(norms[row] - exact) <= tolerance, `${norms[row]} instead of ${exact}`);
        });
        const sums = createLayers(arena, sizes);
        clippedSum(arena, factors, { norms, lengths: norms }, clipNorm, sums);
        const found = flatten(sizes, sums);
        const scales = known.map((gradient) => Math.min(1, clipNorm / norm(gradient)));
        const size = known.reduce((sum, gradient, row) => sum + scales[row] * norm(gradient), 0);
        const expected = found.map((_, i) => known.reduce((sum, gradient, row) => sum + scales[row] * gradient[i], 0));
        const error = norm(found.map((value, i) => value - expected[i]));
        assert.ok(error <= 1e-5 * size + 1e-6, `off by ${error} of ${size}`);
      }),
      { numRuns: 60, seed: 5 },
    );
    assert.ok(compared > 100, `only ${compared} records could be compared`);
  });

  it('never leave more than the clip norm of any record in the sum', () => {
    fc.assert(
      fc.property(cases, fc.double({ min: 0.01, max: 3, noNaN: true }), ({ seed, inputs, hidden }, clipNorm) => {
        const sizes = [inputs, ...hidden, 1];
        const { arena, factors } = setUp(createSeededRandom(seed), sizes, 1);
        const sums = createLayers(arena, sizes);
        clippedSum(arena, factors, recordNorms(arena, factors, 1), clipNorm, sums);
        assert.ok(norm(flatten(sizes, sums)) <= clipNorm);
      }),
      { numRuns: 100, seed: 6 },
    );
  });

  it('subtract a centre, weigh layers and average copies', () => {
    const random = createSeededRandom(11);
    const sizes = [5, 7, 4, 1];
    const [copies, records] = [3, 4];
    const { arena, factors, gradients } = setUp(random, sizes, copies * records);
    const known = gradients.filter((gradient) => gradient !== undefined);
    assert.equal(known.length, copies * records);
    const centre = {
      gradients: createLayers(arena, sizes),
      products: sizes.slice(1).map((size) => arena.create(copies * records, size + 1)),
    };
    centre.gradients.forEach(({ data, stride, rows }, layer) => {
      for (let row = 0; row < rows; row++) {
        for (let out = 0; out < sizes[layer + 1]; out++) data[row * stride + out] = random.uniform() - 0.5;
      }
    });
    const middle = flatten(sizes, centre.gradients);
    const weights = [0.5, 3, 0.2];
    const layerOf = sizes
      .slice(1)
      .flatMap((out, layer) => Array.from({ length: out * (sizes[layer] + 1) }, () => layer));
    for (const { signals } of factors)
      for (const { data } of signals) for (let k = 0; k < data.length; k++) data[k] /= copies;
    const differences = Array.from({ length: records }, (_, record) =>
      middle.map((m, i) => {
        const own = known.slice(record * copies, (record + 1) * copies);
        return own.reduce((sum, gradient) => sum + gradient[i], 0) / copies - m;
      }),
    );
    const exact = differences.map((difference) => norm(difference.map((value, i) => value * weights[layerOf[i]])));
    const { norms } = recordNorms(arena, factors, copies * records, weights, centre, copies);
    exact.forEach((value, record) => {
      assert.ok(Math.abs(norms[record] / value - 1) < 1e-5, `${norms[record]} instead of ${value}`);
    });
    const clipNorm = exact.toSorted((a, b) => a - b)[1];
    const sums = createLayers(arena, sizes);
    clippedSum(arena, factors, { norms, lengths: norms }, clipNorm, sums, centre, copies);
    const expected = middle.map((_, i) =>
      differences.reduce((sum, difference, record) => sum + difference[i] * Math.min(1, clipNorm / exact[record]), 0),
    );
    const error = norm(flatten(sizes, sums).map((value, i) => value - expected[i]));
    assert.ok(error < 1e-5 * norm(exact));
  });

  /** The gradient of one record's factors minus the centre, in float64. */
  function differenceOf(factors: readonly Factor[], row: number, centre: readonly Matrix[]): Float64Array[] {
    return centre.map(({ data, stride, rows, columns }, layer) => {
      const own = Float64Array.from(data, (value) => -value);
      for (const { signals, inputs } of factors) {
        for (let input = 0; input < rows; input++) {
          const a = inputs[layer].data[row * inputs[layer].stride + input];
          for (let out = 0; out < columns; out++) {
            own[input * stride + out] += a * signals[layer].data[row * signals[layer].stride + out];
          }
        }
      }
      return own;
    });
  }
  const size = (layers: readonly ArrayLike<number>[]) =>
    Math.sqrt(layers.reduce((sum, layer) => Array.from(layer).reduce((all, value) => all + value * value, sum), 0));

  it('are off by no more than the noise allows for, with or without any one record', () => {
    let reached = 0;
    const batches = fc.record({
      seed: fc.integer(),
      inputs: fc.integer({ min: 1, max: 40 }),
      hidden: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 2 }),
      rows: fc.integer({ min: 2, max: 80 }),
      closeness: fc.constantFrom(0, 0.9, 0.9999),
    });
    fc.assert(
      fc.property(batches, ({ seed, inputs, hidden, rows, closeness }) => {
        const random = createSeededRandom(seed);
        const sizes = [inputs, ...hidden, 1];
        const arena = createArena(400_000);
        const network = createNetwork(arena, sizes, random, 1.2);
        const pass = createPass(arena, sizes, rows);
        const middle = Float32Array.from({ length: inputs }, () => 8 * random.uniform() - 4);
        for (let row = 0; row < rows; row++) {
          const own = middle.map((value) => closeness * value + (1 - closeness) * (8 * random.uniform() - 4));
          pass.inputs[0].data.set(own, row * pass.inputs[0].stride);
        }
        forward(arena, network, pass, rows);
        const last = pass.signals[sizes.length - 2];
        for (let row = 0; row < rows; row++) last.data[row * last.stride] = -1;
        backward(arena, network, pass, rows);
        const centre = {
          gradients: createLayers(arena, sizes),
          products: sizes.slice(1).map((out) => arena.create(rows, out + 1)),
        };
        const factors: Factor[] = [{ signals: pass.signals, inputs: pass.inputs }];
        sumGradients(arena, pass.signals, pass.inputs, centre.gradients, rows);
        for (const { data } of centre.gradients) for (let k = 0; k < data.length; k++) data[k] /= rows;
        const differences = Array.from({ length: rows }, (_, row) => differenceOf(factors, row, centre.gradients));
        const records = recordNorms(arena, factors, rows, undefined, centre);
        differences.forEach((difference, row) => {
          assert.ok(records.norms[row] >= size(difference), `${records.norms[row]} understates ${size(difference)}`);
        });
        const clipNorm = records.norms.toSorted()[rows >> 1];
        const scales = records.norms.map((norm, row) => {
          if (records.lengths[row] / REACH > Math.max(norm, clipNorm)) reached++;
          return Math.min(1, clipNorm / Math.max(norm, records.lengths[row] / REACH));
        });
        scales.forEach((scale, row) => {
          assert.ok(scale * size(differences[row]) <= clipNorm);
        });
        const exact = centre.gradients.map((_, layer) =>
          differences.reduce(
            (sum, difference, row) => sum.map((value, k) => value + scales[row] * difference[layer][k]),
            new Float64Array(centre.gradients[layer].data.length),
          ),
        );
        const sums = createLayers(arena, sizes);
        clippedSum(arena, factors, records, clipNorm, sums, centre);
        const error = size(sums.map(({ data }, layer) => exact[layer].map((value, k) => data[k] - value)));
        const allowed = sumRounding(rows) * clipNorm;
        assert.ok(error <= allowed, `off by ${error}, more than ${allowed}`);
      }),
      { numRuns: 100, seed: 7 },
    );
    assert.ok(reached > 50, `only ${reached} records had products too long for their clip norm`);
  });

  it('do not depend on a record’s place in the batch', () => {
    const random = createSeededRandom(12);
    const sizes = [19, 13, 6, 1];
    const arena = createArena(100_000);
    const network = createNetwork(arena, sizes, random);
    const own = Float32Array.from({ length: 19 }, () => random.uniform() - 0.5);
    const found = Array.from({ length: 7 }, (_, place) => {
      const pass = createPass(arena, sizes, 7);
      for (let row = 0; row < 7; row++) {
        const values = row === place ? own : own.map(() => random.uniform());
        pass.inputs[0].data.set(values, row * pass.inputs[0].stride);
      }
      forward(arena, network, pass, 7);
      const last = pass.signals[2];
      for (let row = 0; row < 7; row++) last.data[row * last.stride] = 1;
      backward(arena, network, pass, 7);
      return [...pass.inputs, ...pass.signals].map(({ data, stride }) => [
        ...data.subarray(place * stride, (place + 1) * stride),
      ]);
    });
    for (const one of found) assert.deepEqual(one, found[0]);
  });
});
