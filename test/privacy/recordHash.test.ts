/**
 * Recognising records.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashRecords } from '../../node/privacy/recordHash.ts';
import { createSeededRandom } from '../../node/random.ts';

describe('the hash of a record', () => {
  const key = new Uint8Array(32);
  const hash = (raw: readonly number[], mean: number, stdDev: number) =>
    hashRecords(
      Float32Array.from(raw, (value) => (value - mean) / stdDev),
      1,
      { mean, stdDev },
      key,
    )[0];

  it('is the same however round numbers were normalised', () => {
    for (const raw of [
      [10, 100, 3, 7],
      [1000, 9],
      [5, 1],
      [99_999, 10_000],
    ]) {
      assert.equal(hash(raw, 50, 30), hash(raw, 0, 1), String(raw));
    }
  });

  it('is the same for nearly all records of large numbers', () => {
    const random = createSeededRandom(9);
    const records = 200;
    const raw = Float64Array.from({ length: records * 10 }, () => 60_000 * random.uniform());
    const hashes = (mean: number, stdDev: number) =>
      hashRecords(
        Float32Array.from(raw, (value) => (value - mean) / stdDev),
        records,
        { mean, stdDev },
        key,
      );
    const [some, others] = [hashes(30_000, 17_000), hashes(29_123, 9_876.5)];
    const same = some.filter((value, record) => value === others[record]).length;
    assert.ok(same > 0.9 * records, `${same} of ${records}`);
  });

  it('tells powers of ten apart, and the first five digits', () => {
    assert.notEqual(hash([5, 1], 0, 1), hash([50, 10], 0, 1));
    assert.notEqual(hash([12_345], 0, 1), hash([12_346], 0, 1));
    assert.equal(hash([123_456], 0, 1), hash([123_459], 0, 1));
  });

  it('tells small values apart by a ten-thousandth', () => {
    assert.notEqual(hash([0.5], 0, 1), hash([0.5001], 0, 1));
    assert.equal(hash([0], 0, 1), hash([-0], 0, 1));
  });
});
