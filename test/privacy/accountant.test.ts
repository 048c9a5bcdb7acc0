/**
 * The accountant against independent reference values, closed forms and the order that any accountant must respect.
 * @module
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { accountFor, calibrateNoise, latticeEpsilon } from '../../node/privacy/accountant.ts';
import { latticeDelta } from '../../node/privacy/discreteGaussian.ts';
import { gaussianDelta, gaussianEpsilon, gaussianMu } from '../../node/privacy/gaussianMechanism.ts';
import { tightEpsilon } from '../../node/privacy/lossDistribution.ts';
import type { Mechanism } from '../../node/privacy/mechanism.ts';
import { momentsEpsilon, ORDERS, renyiDivergence, renyiEpsilon } from '../../node/privacy/renyi.ts';

const root = join(import.meta.dirname, '..', '..');
const mechanism = { sampleRate: z.number(), noiseMultiplier: z.number(), steps: z.number() };
const vectors = z
  .object({
    settings: z.array(
      z.object({ ...mechanism, delta: z.number(), moments: z.number(), renyi: z.number(), exact: z.number() }),
    ),
    divergences: z.array(
      z.object({ sampleRate: z.number(), noiseMultiplier: z.number(), order: z.number(), divergence: z.number() }),
    ),
    calibrations: z.array(
      z.object({
        sampleRate: z.number(),
        steps: z.number(),
        delta: z.number(),
        epsilon: z.number(),
        renyi: z.number(),
        exact: z.number().optional(),
      }),
    ),
    published: z.array(z.object({ ...mechanism, source: z.string(), delta: z.number(), epsilon: z.number() })),
  })
  .parse(JSON.parse(readFileSync(join(root, 'test', 'vectors', 'dp-accountant.json'), 'utf8')));

/** Whether `value` is within a relative tolerance of `expected`. */
function assertClose(value: number, expected: number, relative: number, what: string): void {
  assert.ok(Math.abs(value - expected) <= relative * Math.abs(expected), `${what}: ${value} instead of ${expected}`);
}

describe('reference values', () => {
  it('gives every Rényi divergence to 1e-9', () => {
    for (const { sampleRate, noiseMultiplier, order, divergence } of vectors.divergences) {
      const found = renyiDivergence(order, sampleRate, noiseMultiplier);
      assertClose(found, divergence, 1e-9, `q=${sampleRate} σ=${noiseMultiplier} α=${order}`);
    }
  });

  for (const { sampleRate, noiseMultiplier, steps, delta, moments, renyi, exact } of vectors.settings) {
    it(`gives ε for q=${sampleRate.toPrecision(4)} σ=${noiseMultiplier} T=${steps} δ=${delta}`, () => {
      const report = accountFor([{ sampleRate, noiseMultiplier, steps }], delta);
      assertClose(report.moments, moments, 1e-6, 'moments');
      assertClose(report.renyi, renyi, 1e-6, 'Rényi');
      assert.ok(report.tight >= exact - 1e-6, `tight ${report.tight} understates ${exact}`);
      assert.ok(report.tight <= exact * (1 + 1e-3) + 1e-3, `tight ${report.tight} is far above ${exact}`);
    });
  }

  it('finds the noise for a wanted ε', () => {
    for (const { epsilon, renyi, exact, ...target } of vectors.calibrations) {
      assertClose(calibrateNoise({ ...target, epsilon }, 'renyi'), renyi, 1e-6, 'Rényi noise');
      if (exact !== undefined) assertClose(calibrateNoise({ ...target, epsilon }), exact, 1e-9, 'tight noise');
    }
  });

  it('agrees with published figures', () => {
    for (const { source, epsilon, delta, ...setting } of vectors.published) {
      assert.ok(Math.abs(momentsEpsilon([setting], delta) - epsilon) < 0.006, source);
    }
  });

  const shared = join(process.env['DPPDL_SHARED'] ?? join(root, '..', 'shared'), 'vectors', 'dp-accountant.json');
  const absent = existsSync(shared) ? false : `${shared} is absent: set DPPDL_SHARED to compare with the full file`;
  it('holds the values of the full reference file', { skip: absent }, () => {
    const full = z
      .object({
        order_grid: z.array(z.number()),
        vectors: z.array(
          z.object({
            q: z.number(),
            sigma: z.number(),
            steps: z.number(),
            delta: z.number(),
            eps_rdp_classic_int2_64: z.number(),
            eps_rdp_improved_grid: z.number(),
            eps_exact: z.number(),
          }),
        ),
      })
      .parse(JSON.parse(readFileSync(shared, 'utf8')));
    assert.deepEqual(ORDERS, full.order_grid);
    assert.deepEqual(
      vectors.settings.map((row) => Object.values(row)),
      full.vectors.map((row) => Object.values(row)),
    );
  });
});

describe('Rényi divergence', () => {
  it('joins the quadrature of fractional orders to the sum of whole ones', () => {
    for (const [sampleRate, noiseMultiplier] of [
      [0.01, 1],
      [0.2, 0.5],
      [0.9, 6],
      [1e-4, 0.7],
    ]) {
      for (const order of [2, 5, 17]) {
        const near = renyiDivergence(order + 1e-9, sampleRate, noiseMultiplier);
        assertClose(near, renyiDivergence(order, sampleRate, noiseMultiplier), 1e-7, `α=${order}`);
      }
    }
  });

  it('is α/2σ² without sampling', () => {
    assert.equal(renyiDivergence(3.5, 1, 2), 3.5 / 8);
    assertClose(renyiDivergence(3.5, 1 - 1e-12, 2), 3.5 / 8, 1e-9, 'q → 1');
    assertClose(renyiDivergence(8, 1 - 1e-12, 2), 1, 1e-9, 'q → 1');
  });
});

describe('the Gaussian mechanism', () => {
  it('converts both ways', () => {
    for (const epsilon of [0.01, 0.5, 4, 30]) {
      for (const delta of [1e-3, 1e-5, 1e-12]) {
        const mu = gaussianMu(epsilon, delta);
        assert.ok(gaussianDelta(mu, epsilon) <= delta);
        assertClose(gaussianEpsilon(mu, delta), epsilon, 1e-9, `ε=${epsilon} δ=${delta}`);
      }
    }
  });
});

describe('composition', () => {
  it('is the same however equal steps are grouped', () => {
    const step = { sampleRate: 0.02, noiseMultiplier: 1.1 };
    const whole = tightEpsilon([{ ...step, steps: 700 }], 1e-5);
    const parts = tightEpsilon(
      [
        { ...step, steps: 200 },
        { ...step, steps: 500 },
      ],
      1e-5,
    );
    assertClose(parts, whole, 1e-3, 'two parts');
  });

  it('adds different mechanisms below the sum of their ε and above the largest', () => {
    const sampled = { sampleRate: 0.1, noiseMultiplier: 3.6, steps: 400 };
    const full = { sampleRate: 1, noiseMultiplier: 2, steps: 1 };
    const both = tightEpsilon([sampled, full], 1e-5);
    const alone = [sampled, full].map((one) => tightEpsilon([one], 1e-5));
    assert.ok(both < alone[0] + alone[1] && both > Math.max(...alone));
    assert.ok(both <= renyiEpsilon([sampled, full], 1e-5));
  });

  it('calibrates beside other releases', () => {
    const besides = [{ sampleRate: 1, noiseMultiplier: 2, steps: 1 }];
    const target = { epsilon: 4, delta: 1e-5, sampleRate: 0.1, steps: 200 };
    const noiseMultiplier = calibrateNoise({ ...target, besides });
    const spent = tightEpsilon([...besides, { sampleRate: 0.1, steps: 200, noiseMultiplier }], 1e-5);
    assert.ok(spent <= 4 && spent > 3.99);
    assert.ok(noiseMultiplier > calibrateNoise(target));
  });

  it('says when no noise is enough', () => {
    const besides = [{ sampleRate: 1, noiseMultiplier: 0.1, steps: 1 }];
    const target = { epsilon: 1, delta: 1e-5, sampleRate: 0.1, steps: 10, besides };
    assert.throws(() => calibrateNoise(target), { code: 'UNREACHABLE' });
  });
});

describe('discrete noise', () => {
  const whole = { sampleRate: 1, noiseMultiplier: 1.2, steps: 1 };
  const sampled = { sampleRate: 0.1, noiseMultiplier: 2, steps: 100 };
  const delta = 1e-5;

  it('costs the continuous ε at the δ the lattice leaves', () => {
    const draws = 1e9;
    for (const mechanisms of [[whole], [whole, sampled]]) {
      const epsilon = latticeEpsilon(mechanisms, draws, delta, 20);
      const left = delta - latticeDelta(draws, epsilon);
      assertClose(epsilon, tightEpsilon(mechanisms, left), 1e-3, 'ε');
      assert.ok(epsilon > tightEpsilon(mechanisms, delta));
      assert.equal(latticeEpsilon(mechanisms, 0, delta, 20), tightEpsilon(mechanisms, delta));
    }
  });

  it('costs the Rényi bound, of sampled sums at whole orders, where the lattice leaves nothing', () => {
    const strong = { ...whole, noiseMultiplier: 0.1 };
    assert.equal(latticeEpsilon([strong], 1e4, delta, 200), renyiEpsilon([strong], delta));
    const found = latticeEpsilon([strong, sampled], 1e4, delta, 200);
    assert.equal(found, renyiEpsilon([strong, sampled], delta, ORDERS.filter(Number.isInteger)));
    assert.ok(found > renyiEpsilon([strong, sampled], delta));
  });

  it('has at whole orders the moments of the continuous noise', () => {
    // Σ_x Q(x)·((1 − q) + q·P(x)/Q(x))^α over the integers, P shifted by a whole number of steps.
    const [sigma, shift, q] = [3, 2, 0.2];
    for (const order of [2, 3, 6]) {
      let normaliser = 0;
      let moment = 0;
      for (let x = -150; x <= 150; x++) {
        const density = Math.exp((-x * x) / (2 * sigma ** 2));
        normaliser += density;
        moment += density * (1 - q + q * Math.exp((2 * x * shift - shift ** 2) / (2 * sigma ** 2))) ** order;
      }
      const divergence = Math.log(moment / normaliser) / (order - 1);
      assertClose(divergence, renyiDivergence(order, q, sigma / shift), 1e-12, `α=${order}`);
    }
  });
});

describe('order', () => {
  const settings = fc.record({
    sampleRate: fc.double({ min: 1e-3, max: 1, noNaN: true }),
    noiseMultiplier: fc.double({ min: 0.5, max: 20, noNaN: true }),
    steps: fc.integer({ min: 1, max: 2000 }),
  });
  const grow = fc.double({ min: 1.05, max: 3, noNaN: true });
  const epsilons = (setting: Mechanism, delta: number) => [
    tightEpsilon([setting], delta),
    renyiEpsilon([setting], delta),
  ];

  it('never falls with the sample rate, the steps, less noise or a smaller δ', () => {
    fc.assert(
      fc.property(settings, grow, (setting, factor) => {
        const base = epsilons(setting, 1e-5);
        const worse = [
          epsilons({ ...setting, sampleRate: Math.min(1, setting.sampleRate * factor) }, 1e-5),
          epsilons({ ...setting, steps: Math.ceil(setting.steps * factor) }, 1e-5),
          epsilons({ ...setting, noiseMultiplier: setting.noiseMultiplier / factor }, 1e-5),
          epsilons(setting, 1e-5 / factor),
        ];
        for (const [tight, renyi] of worse) {
          assert.ok(tight >= base[0] * (1 - 1.5e-3) - 1e-3 && renyi >= base[1] * (1 - 1e-9));
        }
        assert.ok(base[0] <= base[1]);
      }),
      { numRuns: 25, seed: 1 },
    );
  });
});

describe('a sample rate near 1', () => {
  const settings = fc.record({
    // Noise of the whole composition, over √steps.
    noise: fc.double({ min: 0.3, max: 5, noNaN: true }),
    steps: fc.integer({ min: 1, max: 100 }),
    exponent: fc.integer({ min: 3, max: 8 }),
  });
  const rest = [0.3, 0.1, 1e-2, 1e-4, 1e-6, 1e-9];

  it('brings every ε up to that of whole sums, which has a closed form', () => {
    fc.assert(
      fc.property(settings, ({ noise, steps, exponent }) => {
        const delta = 10 ** -exponent;
        const noiseMultiplier = noise * Math.sqrt(steps);
        const whole = { sampleRate: 1, noiseMultiplier, steps };
        const exact = gaussianEpsilon(1 / noise, delta);
        assert.equal(tightEpsilon([whole], delta), exact);
        const renyi = renyiEpsilon([whole], delta);
        assert.ok(renyi >= exact);
        let before = { tight: 0, renyi: 0 };
        for (const left of rest) {
          const sampled = { ...whole, sampleRate: 1 - left };
          const found = { tight: tightEpsilon([sampled], delta), renyi: renyiEpsilon([sampled], delta) };
          const logTaken = steps * Math.log1p(-left);
          // All steps take the record with probability qᵀ; then they are as telling as whole sums:
          // δ_q(ε) ≥ qᵀ·δ₁(ε + T·ln(1/q)).
          const least =
            Math.exp(logTaken) > delta ? gaussianEpsilon(1 / noise, delta / Math.exp(logTaken)) + logTaken : 0;
          assert.ok(found.tight >= least - 1e-9, `q = 1 − ${left}: ${found.tight} is below ${least}`);
          assert.ok(found.tight <= exact * (1 + 1e-3) + 1e-3, `q = 1 − ${left}: ${found.tight} is above ${exact}`);
          // ∂D_α/∂q ≤ α / (α − 1) / q, and α ≥ 1.1.
          const most = (11 * steps * left) / (1 - left);
          assert.ok(found.renyi <= renyi * (1 + 1e-9) && found.renyi >= renyi - most - 1e-9 * renyi);
          assert.ok(found.tight >= before.tight * (1 - 1e-3) - 1e-3 && found.renyi >= before.renyi * (1 - 1e-9));
          before = found;
        }
        assert.ok(Math.abs(before.tight - exact) < 1e-3 * exact + 1e-3 && renyi - before.renyi < 1e-5);
      }),
      { numRuns: 15, seed: 2 },
    );
  });

  it('is the end of a closed form for one step: ε_q = ln(1 + q(e^ε₁ − 1)) at δ_q = q·δ₁', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 5, noNaN: true }),
        fc.double({ min: 1e-3, max: 1, noNaN: true }),
        (noiseMultiplier, sampleRate) => {
          const delta = 1e-5;
          const whole = gaussianEpsilon(1 / noiseMultiplier, delta / sampleRate);
          const exact = Math.log1p(sampleRate * Math.expm1(whole));
          const found = tightEpsilon([{ sampleRate, noiseMultiplier, steps: 1 }], delta);
          assert.ok(found >= exact - 1e-9, `${found} understates ${exact}`);
          assert.ok(found <= exact * (1 + 1e-3) + 1e-3, `${found} is far above ${exact}`);
        },
      ),
      { numRuns: 40, seed: 3 },
    );
  });
});

describe('bad parameters', () => {
  const good = { sampleRate: 0.1, noiseMultiplier: 1, steps: 10 };
  for (const [name, change] of [
    ['sampleRate', { sampleRate: 0 }],
    ['sampleRate', { sampleRate: 1.1 }],
    ['noiseMultiplier', { noiseMultiplier: 0 }],
    ['noiseMultiplier', { noiseMultiplier: Number.NaN }],
    ['steps', { steps: 1.5 }],
  ] as const) {
    it(`refuses ${JSON.stringify(change)}`, () => {
      const expected = { code: 'INVALID_PARAMETER', meta: (meta: { name: string }) => meta.name === name };
      assert.throws(
        () => accountFor([{ ...good, ...change }], 1e-5),
        (error: { code: string; meta: { name: string } }) => error.code === expected.code && expected.meta(error.meta),
      );
    });
  }
  it('refuses δ outside (0, 1)', () => {
    for (const delta of [0, 1, -1, Number.NaN]) {
      assert.throws(() => accountFor([good], delta), { code: 'INVALID_PARAMETER' });
    }
  });
});
