/**
 * Encryption of what lies on disk: XChaCha20-Poly1305 under a key derived from the node's secret, bound to the name of
 * the record, so that records cannot be read, changed or exchanged for one another.
 * @module
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { secureBytes } from '../random.ts';
import { StoreError } from './errors.ts';

const nonceBytes = 24;

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
      return Buffer.concat([nonce, xchacha20poly1305(key, nonce, utf8ToBytes(name)).encrypt(value)]);
    },
    open(name, sealed) {
      try {
        const nonce = sealed.subarray(0, nonceBytes);
        return xchacha20poly1305(key, nonce, utf8ToBytes(name)).decrypt(sealed.subarray(nonceBytes));
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
