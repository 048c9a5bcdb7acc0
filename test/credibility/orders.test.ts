/**
 * Orders: Algorithm 2, line 1.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chooseOrders, sharingCap } from '../../node/credibility/orders.ts';
import type { Party } from '../../node/types.ts';

const party = (id: number, samples: number, examples: number): Party => ({
  id,
  samples,
  examples,
  account: '0x',
  credible: true,
  points: 0n,
  escrow: 0n,
  acted: false,
  peerId: '',
  address: '',
  maskKey: new Uint8Array(32),
  encryptionKey: new Uint8Array(32),
  samplesHash: new Uint8Array(32),
  privacy: { generator: 'gaussian', epsilon: 4, delta: 1e-5, unit: 'record' },
});

describe('sharingCap', () => {
  it('is ⌊λ·|w|⌋ in exact integers', () => {
    assert.equal(sharingCap({ samples: 60, examples: 600 }, 140_106), 14_010);
    assert.equal(sharingCap({ samples: 1, examples: 3 }, 10), 3);
    assert.equal(sharingCap({ samples: 3, examples: 3 }, 10), 10);
  });
});

describe('chooseOrders', () => {
  const others = [party(1, 10, 100), party(2, 50, 100), party(3, 50, 100)];

  it('orders min(⌊c·d⌋, ⌊λ|w|⌋)', () => {
    const orders = chooseOrders(1000n, [0, 0.5, 0.25, 0.25], others, 1000, 2);
    assert.deepEqual(orders, [
      { provider: 1, count: 100 },
      { provider: 2, count: 250 },
      { provider: 3, count: 250 },
    ]);
  });

  it('leaves out parties without credibility', () => {
    assert.deepEqual(
      chooseOrders(1000n, [0, 0, 0.5, 0.5], others, 1000, 2).map((order) => order.provider),
      [2, 3],
    );
  });

  it('orders nothing rather than a sum over too few', () => {
    assert.deepEqual(chooseOrders(1000n, [0, 0, 0, 1], others, 1000, 2), []);
    assert.deepEqual(chooseOrders(0n, [0, 0.4, 0.3, 0.3], others, 1000, 2), []);
  });

  it('never exceeds the balance, the caps or the parameters', () => {
    const weights = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(
        weights,
        fc.bigInt({ min: 0n, max: 10n ** 9n }),
        fc.integer({ min: 1, max: 200_000 }),
        (raw, points, size) => {
          const total = raw.reduce((a, b) => a + b, 0) || 1;
          const orders = chooseOrders(points, [0, ...raw.map((c) => c / total)], others, size, 2);
          assert.ok(orders.reduce((sum, { count }) => sum + BigInt(count), 0n) <= points);
          for (const { provider, count } of orders)
            assert.ok(count >= 1 && count <= sharingCap(others[provider - 1], size));
          assert.ok(orders.length === 0 || orders.length >= 2);
        },
      ),
    );
  });
});
