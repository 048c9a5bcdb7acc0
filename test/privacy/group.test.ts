/**
 * What copies that are accounted as records cost an original record.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { groupEpsilon } from '../../node/privacy/group.ts';
import { renyiEpsilon } from '../../node/privacy/renyi.ts';

const delta = 1e-5;

describe('the cost of copies', () => {
  it('is the usual one for a single copy', () => {
    const mechanism = { sampleRate: 0.01, noiseMultiplier: 1.2, steps: 500 };
    const usual = renyiEpsilon([mechanism], delta);
    const found = groupEpsilon([mechanism], 1, delta);
    assert.ok(found >= usual * (1 - 1e-9) && found < usual * 1.03, `${found} instead of ${usual}`);
  });

  it('is that of noise divided by the copies when nothing is sampled', () => {
    const found = groupEpsilon([{ sampleRate: 1, noiseMultiplier: 40, steps: 3 }], 20, delta);
    const usual = renyiEpsilon([{ sampleRate: 1, noiseMultiplier: 2, steps: 3 }], delta);
    assert.ok(Math.abs(found / usual - 1) < 0.03, `${found} instead of ${usual}`);
  });

  it('grows with the copies', () => {
    const mechanism = { sampleRate: 0.001, noiseMultiplier: 0.7, steps: 100 };
    const costs = [1, 2, 10, 100].map((copies) => groupEpsilon([mechanism], copies, delta));
    assert.deepEqual(
      costs,
      costs.toSorted((a, b) => a - b),
    );
    assert.ok(costs[3] > 10 * costs[0]);
  });

  it('refuses numbers out of range', () => {
    assert.throws(() => groupEpsilon([], 0, delta), { code: 'INVALID_PARAMETER' });
    assert.throws(() => groupEpsilon([], 1, 0), { code: 'INVALID_PARAMETER' });
  });
});
