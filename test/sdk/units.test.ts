/**
 * The SDK's small parts: bitmaps, packing, errors, events that are none.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concat, getBytes, toBeHex } from 'ethers';
import fc from 'fast-check';
import { fromBitmap, has, sizeOf, toBitmap } from '../../sdk/bitmap.ts';
import { decodeCall, decodeRevert, isRevert, ledgerInterface } from '../../sdk/contract.ts';
import { LedgerError } from '../../sdk/errors.ts';
import { decodeEvent } from '../../sdk/events.ts';
import { packDeliveries, packOrders, unpackDeliveries, unpackOrders } from '../../sdk/packing.ts';
import { claimId } from '../../sdk/types.ts';

const party = fc.integer({ min: 0, max: 255 });
const parties = fc.uniqueArray(party, { maxLength: 256 });

describe('bitmap', () => {
  it('keeps sets', () => {
    fc.assert(
      fc.property(parties, party, (ids, one) => {
        const bits = toBitmap(ids);
        assert.deepEqual(
          fromBitmap(bits),
          ids.toSorted((a, b) => a - b),
        );
        assert.equal(sizeOf(bits), ids.length);
        assert.equal(has(bits, one), ids.includes(one));
      }),
    );
  });
});

describe('packing', () => {
  it('gives back orders and deliveries in order of party', () => {
    fc.assert(
      fc.property(parties, fc.integer({ min: 1, max: 2 ** 32 - 1 }), (ids, count) => {
        const orders = ids.map((provider, index) => ({ provider, count: ((count + index) % (2 ** 32 - 1)) + 1 }));
        assert.deepEqual(
          unpackOrders(packOrders(orders)),
          orders.toSorted((a, b) => a.provider - b.provider),
        );
        const deliveries = ids.map((requester) => ({
          requester,
          commitment: Uint8Array.from({ length: 32 }, (_, index) => (requester + index) & 0xff),
        }));
        assert.deepEqual(
          unpackDeliveries(packDeliveries(deliveries)),
          deliveries.toSorted((a, b) => a.requester - b.requester),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('reads any bytes or refuses them with one error', () => {
    let readable = 0;
    const check = (packed: string, again: (packed: string) => string) => {
      try {
        assert.equal(again(packed), packed);
        readable++;
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
        assert.equal(error.code, 'MALFORMED');
      }
    };
    // A set of few parties beside bytes that are often as many as it needs.
    const heads = fc.uniqueArray(party, { maxLength: 3 }).map((ids) => getBytes(toBeHex(toBitmap(ids), 32)));
    const lengths = fc.constantFrom(0, 3, 4, 8, 12, 32, 64, 96);
    const bodies = lengths.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    fc.assert(
      fc.property(fc.oneof(heads, fc.uint8Array({ maxLength: 40 })), bodies, (head, body) => {
        const packed = concat([head, body]);
        check(packed, (text) => packOrders(unpackOrders(text)));
        check(packed, (text) => packDeliveries(unpackDeliveries(text)));
      }),
      { seed: 3, numRuns: 500 },
    );
    assert.ok(readable > 20, `${readable} could be read`);
  });

  it('refuses lines that do not fit their set', () => {
    const orders = packOrders([{ provider: 1, count: 2 }]);
    for (const wrong of [orders.slice(0, -2), `${orders}00`, '0x', '0x01']) {
      assert.throws(() => unpackOrders(wrong), { code: 'MALFORMED', fault: 'chain' });
      assert.throws(() => unpackDeliveries(wrong), { code: 'MALFORMED' });
    }
  });
});

describe('errors', () => {
  it('decodes the contract’s errors with their values', () => {
    const data = ledgerInterface.encodeErrorResult('PointsInsufficientBalance', [3, 10n, 20n]);
    const error = decodeRevert(data, 'download');
    assert.ok(isRevert(error, 'RoundMismatch', 'PointsInsufficientBalance'));
    assert.equal(isRevert(new Error('RoundMismatch'), 'RoundMismatch'), false);
    assert.deepEqual(error.args, [3n, 10n, 20n]);
    assert.deepEqual(error.meta, { name: 'PointsInsufficientBalance', args: ['3', '10', '20'], call: 'download' });
    assert.equal(error.fault, 'chain');
  });

  it('decodes Solidity’s own, and nothing else', () => {
    const text = `0x08c379a0${'0'.repeat(62)}20${'0'.repeat(62)}02${'6f6b'.padEnd(64, '0')}`;
    assert.equal(decodeRevert(text, 'x')?.revert, 'Error');
    assert.equal(decodeRevert(`0x4e487b71${'0'.repeat(62)}11`, 'x')?.revert, 'Panic');
    assert.equal(decodeRevert('0x', 'x'), undefined);
    assert.equal(decodeRevert('0xdeadbeef', 'x'), undefined);
  });
});

describe('events and calls', () => {
  const place = { index: 0, blockNumber: 1, transactionHash: '0x', transactionIndex: 0 };
  const logOf = (topics: readonly string[], data: string) =>
    Object.assign(Object.create(null), { ...place, topics, data });

  it('decodes an event with its position', () => {
    const { topics, data } = ledgerInterface.encodeEventLog('PhaseStarted', [7, 2, 99]);
    const { name, ...fields } = decodeEvent(logOf(topics, data));
    assert.equal(name, 'PhaseStarted');
    assert.deepEqual(fields, {
      round: 7,
      phase: 'order',
      deadline: 99,
      block: 1,
      transaction: '0x',
      transactionIndex: 0,
      index: 0,
    });
  });

  it('refuses what is no event of a ledger', () => {
    const { topics, data } = ledgerInterface.encodeEventLog('PhaseStarted', [7, 2, 99]);
    const isMalformed = (error: unknown) => error instanceof LedgerError && error.code === 'MALFORMED';
    assert.throws(() => decodeEvent(logOf([`0x${'ab'.repeat(32)}`], '0x')), isMalformed);
    assert.throws(() => decodeEvent(logOf([], '0x')), isMalformed);
    assert.throws(() => decodeEvent(logOf(topics, data.slice(0, -2))), isMalformed);
    const impossible = ledgerInterface.encodeEventLog('PhaseStarted', [7, 9, 99]);
    assert.throws(() => decodeEvent(logOf(impossible.topics, impossible.data)), isMalformed);
  });

  it('decodes calls', () => {
    const call = decodeCall(ledgerInterface.encodeFunctionData('report', [4, 6n]));
    assert.deepEqual(
      [call?.name, call?.parameters, [...(call?.args ?? [])]],
      ['report', ['round', 'lowContributors'], [4n, 6n]],
    );
    assert.equal(decodeCall('0xdeadbeef'), undefined);
    assert.equal(decodeCall('0x'), undefined);
  });

  it('names the claim about an exchange', () => {
    assert.equal(claimId({ round: 5, requester: 2, provider: 255 }), (5n << 16n) | 0x2ffn);
  });
});
