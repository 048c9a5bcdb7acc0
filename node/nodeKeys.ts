/**
 * The keys of a node: all derived from its one secret, so that one backup holds them all.
 * @module
 */
import { createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from 'node:crypto';
import type { Keys } from './algorithm/ports.ts';
import { KeystoreError } from './keystore.ts';

/** Everything derived from a node's secret. */
export interface NodeKeys extends Keys {
  /** Seed of the libp2p identity, ed25519; 32 bytes. */
  readonly peerSeed: Uint8Array;
  /** X25519 secret whose public half is {@link Keys.encryptionKey}; 32 bytes. */
  readonly encryptionSecret: Uint8Array;
  /** Key under which the store encrypts what it must keep secret; 32 bytes. */
  readonly storeKey: Uint8Array;
}

/** DER of PKCS #8 (RFC 8410) up to the 32 bytes of an X25519 secret. */
const X25519_SECRET = Buffer.from('302e020100300506032b656e04220420', 'hex');
/** DER of SubjectPublicKeyInfo (RFC 8410) up to the 32 bytes of an X25519 public key. */
const X25519_PUBLIC = Buffer.from('302a300506032b656e032100', 'hex');

function x25519Secret(bytes: Uint8Array): KeyObject {
  const der = Buffer.concat([X25519_SECRET, bytes]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return secret;
}

function x25519PublicBytes(secret: KeyObject): Uint8Array {
  const der = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(X25519_PUBLIC.length));
}

/**
 * Derives a node's keys: HKDF-SHA256 (RFC 5869) of the secret, no salt, one label a key, so that none reveals another.
 * `agree` throws {@link KeystoreError} `BAD_PUBLIC_KEY` for a key of the wrong length or of small order (RFC 7748, 6.1).
 * @param secret - 32 bytes, as `readNodeSecret` gives them.
 */
export function createNodeKeys(secret: Uint8Array): NodeKeys {
  const derive = (label: string) => new Uint8Array(hkdfSync('sha256', secret, '', `dppdl/1/${label}`, 32));
  const maskBytes = derive('mask');
  const maskSecret = x25519Secret(maskBytes);
  maskBytes.fill(0);
  const encryptionSecret = derive('encryption');
  return {
    maskKey: x25519PublicBytes(maskSecret),
    encryptionKey: x25519PublicBytes(x25519Secret(encryptionSecret)),
    agree(maskKey) {
      try {
        const key = Buffer.concat([X25519_PUBLIC, maskKey]);
        const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
        return new Uint8Array(diffieHellman({ privateKey: maskSecret, publicKey }));
      } catch (cause) {
        throw new KeystoreError('BAD_PUBLIC_KEY', 'A party registered a mask key that is no usable X25519 key.', {
          fault: 'peer',
          cause,
        });
      }
    },
    peerSeed: derive('peer'),
    encryptionSecret,
    storeKey: derive('store'),
  };
}
