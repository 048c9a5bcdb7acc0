/**
 * Orders: Algorithm 2, line 1.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chooseOrders } from '../../node/credibility/orders.ts';

describe('chooseOrders', () => {
  const others = [
    { id: 1, cap: 100 },
    { id: 2, cap: 500 },
    { id: 3, cap: 500 },
  ];

  it('orders min(⌊c·d⌋, ⌊λ|w|⌋)', () => {
    const orders = chooseOrders(1000n, [0, 0.5, 0.25, 0.25], others, 2);
    assert.deepEqual(orders, [
      { provider: 1, count: 100 },
      { provider: 2, count: 250 },
      { provider: 3, count: 250 },
    ]);
  });

  it('leaves out parties without credibility', () => {
    assert.deepEqual(
      chooseOrders(1000n, [0, 0, 0.5, 0.5], others, 2).map((order) => order.provider),
      [2, 3],
    );
  });

  it('orders nothing rather than a sum over too few', () => {
    assert.deepEqual(chooseOrders(1000n, [0, 0, 0, 1], others, 2), []);
    assert.deepEqual(chooseOrders(0n, [0, 0.4, 0.3, 0.3], others, 2), []);
  });

  it('never exceeds the balance or the caps', () => {
    const weights = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    const caps = fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(weights, fc.bigInt({ min: 0n, max: 10n ** 9n }), caps, (raw, points, limits) => {
        const total = raw.reduce((a, b) => a + b, 0) || 1;
        const parties = limits.map((cap, index) => ({ id: index + 1, cap }));
        const orders = chooseOrders(points, [0, ...raw.map((c) => c / total)], parties, 2);
        assert.ok(orders.reduce((sum, { count }) => sum + BigInt(count), 0n) <= points);
        for (const { provider, count } of orders) assert.ok(count >= 1 && count <= limits[provider - 1]);
        assert.ok(orders.length === 0 || orders.length >= 2);
      }),
    );
  });
});
