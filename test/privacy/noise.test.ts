/**
 * The noise itself: the sampler's distribution, what the lattice costs, and the bound on what one record can change.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createDiscreteGaussian, LATTICE_SIGMA, latticeDelta } from '../../node/privacy/discreteGaussian.ts';
import { createLatticeSum } from '../../node/privacy/latticeSum.ts';
import { logUpperTail, upperTail } from '../../node/privacy/normal.ts';
import { createSeededRandom } from '../../node/random.ts';

/** A repeatable stand-in for the operating system's bytes. */
function seededBytes(seed: number): (length: number) => Uint8Array {
  const random = createSeededRandom(seed);
  return (length) => Uint8Array.from({ length }, () => random.below(256));
}

describe('the discrete Gaussian', () => {
  const draws = 200_000;
  const noise = createDiscreteGaussian(seededBytes(7));
  const values = Float64Array.from({ length: draws }, () => noise.next());

  it('draws integers', () => {
    assert.ok(values.every(Number.isSafeInteger));
  });

  it('has the moments of N(0, σ²)', () => {
    // Six standard errors each; fixed seed.
    const moment = (power: number) => values.reduce((sum, x) => sum + (x / LATTICE_SIGMA) ** power, 0) / draws;
    assert.ok(Math.abs(moment(1)) < 6 / Math.sqrt(draws));
    assert.ok(Math.abs(moment(2) - 1) < 6 * Math.sqrt(2 / draws));
    assert.ok(Math.abs(moment(3)) < 6 * Math.sqrt(15 / draws));
    assert.ok(Math.abs(moment(4) - 3) < 6 * Math.sqrt(96 / draws));
  });

  it('fits the normal distribution (Kolmogorov–Smirnov)', () => {
    const sorted = values.toSorted();
    let distance = 0;
    sorted.forEach((x, index) => {
      distance = Math.max(distance, Math.abs((index + 0.5) / draws - upperTail(-x / LATTICE_SIGMA)));
    });
    assert.ok(distance < 2.2 / Math.sqrt(draws)); // p < 1e-4 for the true distribution; fixed seed
  });

  it('uses the low bits evenly', () => {
    const odd = values.reduce((sum, x) => sum + Math.abs(x % 2), 0);
    assert.ok(Math.abs(odd / draws - 0.5) < 3 / Math.sqrt(draws));
  });

  it('costs what it says: the divergence from a rounded continuous draw is 1/(576σ⁴)', () => {
    // At σ = 4 and 8, where double precision can still see it.
    for (const sigma of [4, 8]) {
      let normaliser = 0;
      for (let k = -20 * sigma; k <= 20 * sigma; k++) normaliser += Math.exp((-0.5 * k * k) / sigma ** 2);
      let divergence = 0;
      for (let k = -8 * sigma; k <= 8 * sigma; k++) {
        const p = Math.exp((-0.5 * k * k) / sigma ** 2) / normaliser;
        const low = Math.abs(k) - 0.5;
        const q = k === 0 ? 1 - 2 * upperTail(0.5 / sigma) : upperTail(low / sigma) - upperTail((low + 1) / sigma);
        divergence += p * Math.log(p / q) - p + q; // the last two sum to 0 and keep every term positive
      }
      assert.ok(Math.abs(divergence * 576 * sigma ** 4 - 1) < 0.2, `σ = ${sigma}: ${divergence * 576 * sigma ** 4}`);
    }
    assert.ok(latticeDelta(1e9, 8) < 1e-5);
    assert.equal(latticeDelta(0, 4), 0);
  });
});

describe('a lattice sum', () => {
  const silent = { next: () => 0, addTo: () => undefined };

  it('never lets one record change the sum by more than the clip norm', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 3, maxLength: 3 }),
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        fc.double({ min: 1 / 32, max: 64, noNaN: true }),
        (vector, clipNorm, noiseMultiplier) => {
          const sum = createLatticeSum(3, clipNorm, noiseMultiplier);
          sum.add(Float64Array.from(vector));
          const released = sum.release(silent);
          assert.ok(Math.hypot(...released) <= clipNorm * (1 + 1e-12));
        },
      ),
      { seed: 2 },
    );
  });

  it('adds short vectors as they are and long ones scaled', () => {
    const sum = createLatticeSum(2, 1, 1);
    sum.add(Float64Array.of(0.25, -0.5));
    sum.add(Float64Array.of(30, 40));
    const [x, y] = sum.release(silent);
    assert.ok(Math.abs(x - 0.85) < 1e-5 && Math.abs(y - 0.3) < 1e-5);
  });

  it('adds noise of noiseMultiplier · clipNorm, at values where a unit mistake shows', () => {
    for (const [clipNorm, noiseMultiplier] of [
      [0.5, 3],
      [3, 0.5],
      [0.5625, 1.7],
    ]) {
      const released = createLatticeSum(20_000, clipNorm, noiseMultiplier).release(
        createDiscreteGaussian(seededBytes(3)),
      );
      const variance = released.reduce((sum, value) => sum + value * value, 0) / released.length;
      const expected = (clipNorm * noiseMultiplier) ** 2;
      assert.ok(Math.abs(variance / expected - 1) < 6 * Math.sqrt(2 / released.length));
    }
  });

  it('refuses vectors that are not finite', () => {
    const sum = createLatticeSum(2, 1, 1);
    assert.throws(() => sum.add(Float64Array.of(Number.NaN, 0)), { code: 'INVALID_PARAMETER' });
    assert.throws(() => sum.add(Float64Array.of(Number.POSITIVE_INFINITY, 0)), { code: 'INVALID_PARAMETER' });
  });
});

describe('the normal tail', () => {
  it('has the known values', () => {
    // Abramowitz & Stegun, Table 26.1 and 26.2; −log10 Q(x).
    for (const [x, expected] of [
      [0, 0.5],
      [1, 0.15865525393145707],
      [1.999999, 0.022750185939],
      [3, 0.0013498980316300957],
      [5, 2.866515718791945e-7],
      [-2.5, 0.993790334674224],
    ]) {
      assert.ok(Math.abs(upperTail(x) / expected - 1) < 1e-9, `Q(${x}) = ${upperTail(x)}`);
    }
    assert.ok(Math.abs(logUpperTail(50) / Math.LN10 + 544.96634) < 1e-4);
    assert.equal(logUpperTail(Number.NEGATIVE_INFINITY), 0);
  });
});
