/**
 * The keys derived from a node's secret: pinned, and the same as an independent library gives.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { createNodeKeys } from '../node/nodeKeys.ts';

describe('createNodeKeys', () => {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => index);
  const derive = (label: string) => hkdf(sha256, secret, undefined, utf8ToBytes(`dppdl/1/${label}`), 32);

  it('derives what HKDF-SHA256 and X25519 of an independent library give', () => {
    const keys = createNodeKeys(secret);
    assert.deepEqual(keys.maskKey, x25519.getPublicKey(derive('mask')));
    assert.deepEqual(keys.encryptionKey, x25519.getPublicKey(derive('encryption')));
    assert.deepEqual(keys.encryptionSecret, derive('encryption'));
    assert.deepEqual(keys.peerSeed, derive('peer'));
    assert.deepEqual(keys.storeKey, derive('store'));
    const other = createNodeKeys(new Uint8Array(32).fill(7));
    assert.deepEqual(keys.agree(other.maskKey), x25519.getSharedSecret(derive('mask'), other.maskKey));
    assert.deepEqual(keys.agree(other.maskKey), other.agree(keys.maskKey));
  });

  it('keeps its keys across versions', () => {
    // Pinned: another value here would lock every member out of its own identity and store.
    const { maskKey, peerSeed } = createNodeKeys(secret);
    assert.equal(
      Buffer.from(maskKey).toString('hex'),
      '017992d37638c59ba0b444a051e7779ca724cde1f07024230570762ff5a4a902',
    );
    assert.equal(
      Buffer.from(peerSeed).toString('hex'),
      '3d59a1db3e73707d0212e6fd3d5432b87bf9f565de72de7c5a8ad97e40464654',
    );
  });

  it('refuses a mask key of small order or the wrong length, as the peer’s fault', () => {
    for (const key of [new Uint8Array(32), new Uint8Array(31), Uint8Array.of(1, ...new Uint8Array(31))]) {
      assert.throws(() => createNodeKeys(secret).agree(key), { code: 'BAD_PUBLIC_KEY', fault: 'peer' });
    }
  });
});
