/**
 * One party's requests are limited in number and in time, and do not touch another's.
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLimits } from '../../node/peer/limits.ts';
import { protocols } from '../../node/peer/protocols.ts';
import { createTestClock } from './peers.ts';

const protocol = { ...protocols.blob, burst: 3, ratePerSecond: 2, concurrent: 2 };

test('a burst, then the rate', () => {
  const clock = createTestClock();
  const limits = createLimits(clock);
  const ask = () => {
    const leave = limits.enter(1, protocol);
    leave?.();
    return leave !== undefined;
  };
  assert.deepEqual([ask(), ask(), ask(), ask()], [true, true, true, false]);
  clock.advance(499);
  assert.equal(ask(), false);
  clock.advance(1);
  assert.deepEqual([ask(), ask()], [true, false]);
  clock.advance(3_600_000);
  assert.deepEqual([ask(), ask(), ask(), ask()], [true, true, true, false]);
});

test('so many at a time, however often one leaves', () => {
  const limits = createLimits(createTestClock());
  const first = limits.enter(1, { ...protocol, burst: 100 });
  const second = limits.enter(1, { ...protocol, burst: 100 });
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(limits.enter(1, { ...protocol, burst: 100 }), undefined);
  first();
  first();
  assert.ok(limits.enter(1, { ...protocol, burst: 100 }) !== undefined);
  assert.equal(limits.enter(1, { ...protocol, burst: 100 }), undefined);
});

test('a flood of one party leaves the others and the other protocols alone', () => {
  const limits = createLimits(createTestClock());
  for (let request = 0; request < 1_000; request++) limits.enter(1, protocol)?.();
  assert.equal(limits.enter(1, protocol), undefined);
  assert.ok(limits.enter(2, protocol) !== undefined);
  assert.ok(limits.enter(1, { ...protocol, name: 'seed' }) !== undefined);
});

test('never more than burst + rate · time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2_000), { maxLength: 200 }), (pauses) => {
      const clock = createTestClock();
      const limits = createLimits(clock);
      let admitted = 0;
      let elapsed = 0;
      for (const pause of pauses) {
        clock.advance(pause);
        elapsed += pause;
        const leave = limits.enter(0, protocol);
        leave?.();
        if (leave !== undefined) admitted += 1;
        assert.ok(admitted <= protocol.burst + (elapsed / 1000) * protocol.ratePerSecond + 1e-9);
      }
    }),
    { seed: 3 },
  );
});
