/**
 * Records as bytes: they come back, and everything else is refused with one code, without a crash.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { encode } from 'cborg';
import fc from 'fast-check';
import {
  decodeCheckpoint,
  decodePublication,
  decodeRoundKey,
  encodeCheckpoint,
  encodePublication,
  encodeRoundKey,
} from '../../node/store/records.ts';
import { createSealer } from '../../node/store/seal.ts';

const key = new Uint8Array(32).fill(3);
const decoders = [decodeCheckpoint, decodePublication, decodeRoundKey];
const examples = [
  encodeCheckpoint({
    round: 2,
    parameters: Float32Array.of(1, 2),
    alone: Float32Array.of(3),
    credibility: [0, 1],
    silence: [0, 0],
  }),
  encodePublication({ bytes: key, privacy: { generator: 'dpgan', epsilon: 4, delta: 1e-5, unit: 'record' } }),
  encodeRoundKey({ publicKey: key, secretKey: key }),
];

/** Whether bytes are refused; with the one code, if so. */
function isRefused(decoder: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    decoder(bytes);
    return false;
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'CORRUPT');
    return true;
  }
}

describe('records', () => {
  it('are read by their own decoder only', () => {
    for (const [of, bytes] of examples.entries())
      for (const [at, decoder] of decoders.entries()) assert.equal(isRefused(decoder, bytes), at !== of);
  });

  it('of any bytes, any CBOR, or a record with bytes changed, cut or repeated: one code, no crash', () => {
    const changed = fc
      .tuple(fc.constantFrom(...examples), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(3))
      .map(([bytes, pick, change, kind]) => {
        const at = pick % bytes.length;
        if (kind === 0) return bytes.with(at, bytes[at] ^ change);
        if (kind === 1) return bytes.subarray(0, at);
        if (kind === 2) return Buffer.concat([bytes, bytes]);
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + (change % 9))]);
      });
    const cbor = fc.anything({ withTypedArray: true, withNullPrototype: false }).map((value) => {
      try {
        return encode(value);
      } catch {
        return key;
      }
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), cbor, changed), (bytes) => {
        for (const decoder of decoders) isRefused(decoder, Uint8Array.from(bytes));
      }),
      { seed: 1, numRuns: 3_000 },
    );
  });
});

describe('sealed records', () => {
  it('are XChaCha20-Poly1305 under a key derived from the secret', () => {
    const own = hkdf(sha256, key, undefined, utf8ToBytes('dppdl/store/1'), 32);
    const sealer = createSealer(key);
    for (const length of [0, 1, 63, 64, 65, 10_000]) {
      const value = Uint8Array.from({ length }, (_, index) => index & 0xff);
      const sealed = new Uint8Array(sealer.seal('name', value));
      const cipher = (nonce: Uint8Array) => xchacha20poly1305(own, nonce, utf8ToBytes('name'));
      assert.deepEqual(cipher(sealed.subarray(0, 24)).decrypt(sealed.subarray(24)), value);
      const nonce = new Uint8Array(24).fill(length & 0xff);
      const theirs = Uint8Array.of(...nonce, ...cipher(nonce).encrypt(value));
      assert.deepEqual(sealer.open('name', theirs), value);
      assert.throws(() => sealer.open('another', theirs), { code: 'CORRUPT' });
    }
  });

  it('of any bytes, or with a byte changed: one code, no crash', () => {
    const sealer = createSealer(key);
    const sealed = sealer.seal('name', examples[2]);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (bytes, pick, change) => {
          const at = pick % sealed.length;
          const open = (given: Uint8Array) => sealer.open('name', given);
          for (const wrong of [bytes, sealed.with(at, sealed[at] ^ change), sealed.subarray(0, at)])
            assert.ok(isRefused(open, wrong));
        },
      ),
      { seed: 2, numRuns: 1_000 },
    );
  });
});
