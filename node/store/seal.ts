/**
 * Encryption of what lies on disk: XChaCha20-Poly1305 under a key derived from the node's secret, bound to the name of
 * the record, so that records cannot be read, changed or exchanged for one another.
 * @module
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { hchacha } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { secureBytes } from '../random.ts';
import { StoreError } from './errors.ts';

const nonceBytes = 24;
const tagBytes = 16;
const CIPHER = 'chacha20-poly1305';
/** "expand 32-byte k" as little-endian words. */
const SIGMA = wordsOf(utf8ToBytes('expand 32-byte k'));

/** Bytes as little-endian words. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(bytes.length / 4);
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

/**
 * XChaCha20 (draft-irtf-cfrg-xchacha-03, section 2.3): a key of its own for each nonce, so that OpenSSL's
 * ChaCha20-Poly1305, much faster than one in JavaScript, can do the rest.
 */
function underNonce(key: Uint8Array, nonce: Uint8Array): { key: Uint8Array; nonce: Uint8Array } {
  const own = new Uint32Array(8);
  hchacha(SIGMA, wordsOf(key), wordsOf(nonce.subarray(0, 16)), own);
  return { key: new Uint8Array(own.buffer), nonce: Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]) };
}

/** Seals and opens records. */
export interface Sealer {
  /** @returns nonce (24 bytes), ciphertext, tag (16 bytes). */
  seal(name: string, value: Uint8Array): Uint8Array;
  /** @throws StoreError `CORRUPT` if the record was not sealed under this name and secret. */
  open(name: string, sealed: Uint8Array): Uint8Array;
}

/** @param secret - the node's secret; 32 bytes, only ever used to derive the key. */
export function createSealer(secret: Uint8Array): Sealer {
  if (secret.length !== 32) throw new RangeError('The secret of a store has 32 bytes.');
  const key = hkdf(sha256, secret, undefined, utf8ToBytes('dppdl/store/1'), 32);
  return {
    seal(name, value) {
      const nonce = secureBytes(nonceBytes);
      const own = underNonce(key, nonce);
      const cipher = createCipheriv(CIPHER, own.key, own.nonce, { authTagLength: tagBytes });
      own.key.fill(0);
      cipher.setAAD(utf8ToBytes(name), { plaintextLength: value.length });
      const body = cipher.update(value);
      cipher.final();
      return Buffer.concat([nonce, body, cipher.getAuthTag()]);
    },
    open(name, sealed) {
      try {
        const own = underNonce(key, sealed.subarray(0, nonceBytes));
        const decipher = createDecipheriv(CIPHER, own.key, own.nonce, { authTagLength: tagBytes });
        own.key.fill(0);
        const body = sealed.subarray(nonceBytes, -tagBytes);
        decipher.setAAD(utf8ToBytes(name), { plaintextLength: body.length });
        decipher.setAuthTag(sealed.subarray(-tagBytes));
        const value = decipher.update(body);
        decipher.final();
        return new Uint8Array(value);
      } catch (cause) {
        throw new StoreError('CORRUPT', `The saved ${name} is damaged.`, {
          fault: 'self',
          action: 'Restore nothing older than the last round; if the disk is faulty, replace it and join anew.',
          meta: { name },
          cause,
        });
      }
    },
  };
}
