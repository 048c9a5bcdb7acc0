/**
 * Layers 2 and 3: a blob opens for its requester, in its place, exactly as it was, or not at all.
 * @module
 */
import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { fixedPointFor } from '../../node/gradient/fixedPoint.ts';
import {
  type BlobFacts,
  blobBytes,
  commitment,
  createRoundKey,
  openWithKey,
  peel,
  wrap,
} from '../../node/onion/blob.ts';
import { OnionError } from '../../node/onion/errors.ts';
import { createSeededRandom } from '../../node/random.ts';
import { demoConsortium } from '../../scripts/demo/prepare.ts';
import { bytesOf, testContext, wordsOf } from './group.ts';

const facts: BlobFacts = { context: testContext, provider: 4, requester: 9, count: 21, words: 37, bits: 11 };
const words = wordsOf(1, facts.words, facts.bits);
const key = bytesOf('fresh key');
const pair = createRoundKey();
let blob: Uint8Array;

before(async () => {
  blob = await wrap(words, pair.publicKey, facts, key);
  // A Buffer's slice() is no copy: tests that change one would change this one for all that follow.
  assert.ok(!Buffer.isBuffer(blob));
});

afterEach(async () => {
  assert.deepEqual(await peel(blob, pair, facts), words, 'the blob the tests start from is still whole');
});

/** Whether a promise fails with the one code, no cause and no detail. */
async function failsClosed(attempt: Promise<unknown>): Promise<void> {
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof OnionError);
    assert.deepEqual([error.code, error.fault, error.cause, error.meta], ['AUTH_FAILED', 'peer', undefined, {}]);
    return true;
  });
}

/** Neither the requester nor a judge who knows the fresh key can open it. */
async function isRefused(wrong: Uint8Array, under: BlobFacts = facts, ours = pair): Promise<void> {
  await failsClosed(peel(wrong, ours, under));
  await failsClosed(openWithKey(wrong, key, ours.publicKey, under));
}

describe('a blob', () => {
  it('opens for its requester, and for a judge who is told its key', async () => {
    assert.equal(blob.length, blobBytes(facts.words, facts.bits));
    assert.deepEqual(await peel(blob, pair, facts), words);
    assert.deepEqual(await openWithKey(blob, key, pair.publicKey, facts), words);
  });

  it('carries words of every width', async () => {
    for (const bits of [1, 7, 8, 9, 16, 31, 32]) {
      for (const count of [0, 1, 100]) {
        const sized = { ...facts, bits, words: count };
        const given = wordsOf(bits, count, bits);
        assert.deepEqual(await peel(await wrap(given, pair.publicKey, sized, key), pair, sized), given);
      }
    }
  });

  it('is different each time, unless its key is', async () => {
    assert.deepEqual(await wrap(words, pair.publicKey, facts, key), blob);
    const fresh = [
      await wrap(words, pair.publicKey, facts, bytesOf('one')),
      await wrap(words, pair.publicKey, facts, bytesOf('two')),
    ];
    assert.notDeepEqual(commitment(fresh[0]), commitment(fresh[1]));
    assert.notDeepEqual(fresh[0].subarray(20, 52), fresh[1].subarray(20, 52), 'ephemeral keys');
  });

  it("of the paper's model takes at most a quarter of the paper's 0.56 MB at n = 15, by default", () => {
    const sizeWith = (levels: number, providers: number) =>
      blobBytes(140_106, fixedPointFor(0.001, levels, providers).bits);
    const { levels } = demoConsortium({ rounds: 60 }).aggregation;
    assert.ok(sizeWith(levels, 14) <= 140_000);
    // The sizes that docs/protocol.md states.
    assert.deepEqual(
      [sizeWith(4, 3), sizeWith(1, 14), sizeWith(4, 14), sizeWith(9, 14), sizeWith(15, 14), sizeWith(4, 49)],
      [87_683, 87_683, 122_709, 140_222, 157_736, 157_736],
    );
  });
});

describe('a blob that is not what it should be', () => {
  it('with any bit flipped does not open', async () => {
    for (let bit = 0; bit < blob.length * 8; bit += bit < 8 * 120 ? 3 : 7) {
      const flipped = blob.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      await isRefused(flipped);
    }
  });

  it('cut, extended, or with its parts in another order does not open', async () => {
    for (const length of [0, 1, 19, 20, 52, 99, 100, 116, blob.length - 16, blob.length - 1]) {
      await isRefused(blob.subarray(0, length));
    }
    await isRefused(Buffer.concat([blob, Buffer.alloc(1)]));
    await isRefused(Buffer.concat([blob, blob]));
    await isRefused(blob.subarray(1));
    await isRefused(Buffer.concat([blob.subarray(0, 100), blob.subarray(-16), blob.subarray(100, -16)]));
    await isRefused(Buffer.concat([blob.subarray(0, 20), blob.subarray(100), blob.subarray(20, 100)]));
  });

  it('replayed elsewhere does not open: other chain, contract, round, provider, requester, order, size or width', async () => {
    const elsewhere: BlobFacts[] = [
      { ...facts, context: { ...testContext, chainId: 1n } },
      { ...facts, context: { ...testContext, contract: `0x${'c0'.repeat(19)}c1` } },
      { ...facts, context: { ...testContext, round: 4 } },
      { ...facts, provider: 5 },
      { ...facts, requester: 8 },
      { ...facts, count: 22 },
      { ...facts, words: 36 },
      { ...facts, bits: 12 },
    ];
    for (const other of elsewhere) {
      await isRefused(blob, other);
      // Also where the thief rewrites the header to say what is expected there.
      const rewritten = blob.slice();
      const header = await wrap(wordsOf(2, other.words, other.bits), pair.publicKey, other, bytesOf('another'));
      rewritten.set(header.subarray(0, 20));
      await isRefused(rewritten, other);
    }
  });

  it('for another key does not open', async () => {
    await isRefused(blob, facts, createRoundKey());
    await failsClosed(peel(blob, { ...pair, secretKey: new Uint8Array(31) }, facts));
    await failsClosed(openWithKey(blob, bytesOf('another key'), pair.publicKey, facts));
  });

  it('with layers of two blobs does not open', async () => {
    const other = await wrap(words, pair.publicKey, facts, bytesOf('another'));
    await isRefused(Buffer.concat([blob.subarray(0, 100), other.subarray(100)]));
    await failsClosed(peel(Buffer.concat([other.subarray(0, 100), blob.subarray(100)]), pair, facts));
  });

  it('whose bits beyond the last word are not zero does not open, though it is authentic', async () => {
    // 37 · 11 = 407 bits in 51 bytes: a wider last word would fill the spare bit.
    const wide = words.slice();
    wide[36] |= 1 << 11;
    await isRefused(await wrap(wide, pair.publicKey, facts, key));
  });
});

describe('wrap', () => {
  it('refuses keys with which nothing can be agreed', async () => {
    const low = new Uint8Array(32);
    for (const wrong of [low, Uint8Array.of(1, ...low.subarray(1)), new Uint8Array(31), new Uint8Array(0)]) {
      await assert.rejects(wrap(words, wrong, facts, key), { code: 'INVALID_KEY', fault: 'peer' });
    }
  });

  it('refuses parties that do not fit their byte', async () => {
    for (const provider of [-1, 256])
      await assert.rejects(wrap(words, pair.publicKey, { ...facts, provider }, key), RangeError);
  });
});

describe('decoders under fire', () => {
  it('any bytes of any length: one code, no crash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), (bytes) => isRefused(bytes)),
      { numRuns: 100, seed: 1 },
    );
  });

  it('blobs with bytes replaced, removed, inserted and repeated: one code, no crash', async () => {
    const random = createSeededRandom(7);
    for (let run = 0; run < 300; run++) {
      let bytes = [...blob];
      for (let change = random.below(4); change >= 0; change--) {
        const at = random.below(bytes.length);
        const length = 1 + random.below(40);
        const fresh = Array.from({ length }, () => random.below(256));
        const kind = random.below(4);
        if (kind === 0) bytes = bytes.toSpliced(at, length);
        else if (kind === 1) bytes = bytes.toSpliced(at, 0, ...fresh);
        else if (kind === 2) bytes = bytes.toSpliced(at, 0, ...bytes.slice(at, at + length));
        else bytes[at] ^= 1 + random.below(255);
      }
      if (!Buffer.from(bytes).equals(blob)) await isRefused(Uint8Array.from(bytes));
    }
  });

  it('facts that promise gigabytes: refused by the length, before anything is allocated', async () => {
    const before = process.memoryUsage().arrayBuffers;
    await isRefused(blob, { ...facts, words: 2 ** 32 - 1, bits: 32 });
    assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20);
  });
});

describe('createRoundKey', () => {
  it('gives pairs that agree, fresh each time', async () => {
    const other = createRoundKey();
    assert.deepEqual([other.publicKey.length, other.secretKey.length], [32, 32]);
    assert.notDeepEqual(other.secretKey, pair.secretKey);
    assert.deepEqual(await peel(await wrap(words, other.publicKey, facts, key), other, facts), words);
  });
});
