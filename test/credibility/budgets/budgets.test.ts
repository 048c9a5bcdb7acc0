/**
 * Download budgets: d_i of Algorithm 2, line 1.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { spendBalance } from '../../../node/credibility/budgets/balance.ts';
import { spendHalf } from '../../../node/credibility/budgets/half.ts';
import { spendOffered } from '../../../node/credibility/budgets/offered.ts';

const others = [{ cap: 100 }, { cap: 50 }];

describe('a download budget', () => {
  it('is the whole balance', () => assert.equal(spendBalance(7n, others), 7n));

  it('is half of the balance, rounded up', () => {
    assert.deepEqual(
      [0n, 1n, 7n, 8n].map((points) => spendHalf(points, others)),
      [0n, 1n, 4n, 4n],
    );
  });

  it('is all that is offered, as soon as there are more points than that', () => {
    assert.deepEqual(
      [149n, 150n, 151n, 1000n].map((points) => spendOffered(points, others)),
      [0n, 0n, 150n, 150n],
    );
  });

  it('never exceeds the points', () => {
    const caps = fc.array(fc.record({ cap: fc.nat(200_000) }), { maxLength: 50 });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 9n }), caps, (points, offers) => {
        for (const budget of [spendBalance, spendHalf, spendOffered]) assert.ok(budget(points, offers) <= points);
      }),
    );
  });
});
