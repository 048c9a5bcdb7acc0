/**
 * Known answers: published ones for the primitives, our own for every layer, each held against two implementations.
 * @module
 */
import assert from 'node:assert/strict';
import {
  type CipherGCMTypes,
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305';
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { ctr, gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { packWords, unpackWords } from '../../node/gradient/packing.ts';
import { commitment, openWithKey, peel, wrap } from '../../node/onion/blob.ts';
import { maskGraph } from '../../node/onion/graph.ts';
import { addKeystream, maskSeed } from '../../node/onion/keystream.ts';
import { hpkeSeal, hpkeSecretOf, knownAnswers } from '../reference/onion.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'vectors', name), 'utf8'));
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array | ArrayBuffer): string => Buffer.from(new Uint8Array(data)).toString('hex');
/** Our own file; its shape is what the reference writes, which the first test of it compares. */
const own = read('onion.json') as ReturnType<typeof knownAnswers>;
const standards = read('standards.json') as Record<string, Record<string, string>>;
const context = { ...own.context, chainId: BigInt(own.context.chainId) };

describe('published vectors', () => {
  it('RFC 9180 (HPKE)', async () => {
    const { info, ikmE, skEm, pkRm, skRm, enc, pt, aad, ct } = standards['hpke'];
    assert.equal(hex(hpkeSecretOf(bytes(ikmE))), skEm);
    const reference = hpkeSeal(bytes(skEm), bytes(pkRm), bytes(info), bytes(aad), bytes(pt));
    assert.deepEqual([hex(reference.enc), hex(reference.closed)], [enc, ct]);
    const suite = new CipherSuite({
      kem: new DhkemX25519HkdfSha256(),
      kdf: new HkdfSha256(),
      aead: new Chacha20Poly1305(),
    });
    const recipientPublicKey = await suite.kem.deserializePublicKey(bytes(pkRm));
    const ekm = await suite.kem.deriveKeyPair(bytes(ikmE));
    const sender = await suite.createSenderContext({ recipientPublicKey, ekm, info: bytes(info) });
    assert.deepEqual([hex(sender.enc), hex(await sender.seal(bytes(pt), bytes(aad)))], [enc, ct]);
    const recipientKey = await suite.kem.deserializePrivateKey(bytes(skRm));
    const recipient = await suite.createRecipientContext({ recipientKey, enc: bytes(enc), info: bytes(info) });
    assert.equal(hex(await recipient.open(bytes(ct), bytes(aad))), pt);
  });

  it('RFC 8439 (ChaCha20-Poly1305) and AES-256-GCM', () => {
    const native = (name: CipherGCMTypes, { key, nonce, aad, pt }: Record<string, string>) => {
      const cipher = createCipheriv(name, bytes(key), bytes(nonce), { authTagLength: 16 });
      cipher.setAAD(bytes(aad), { plaintextLength: bytes(pt).length });
      return hex(Buffer.concat([cipher.update(bytes(pt)), cipher.final(), cipher.getAuthTag()]));
    };
    const chacha = standards['chacha20poly1305'];
    const aes = standards['aes256gcm'];
    assert.equal(
      hex(
        chacha20poly1305(bytes(chacha['key']), bytes(chacha['nonce']), bytes(chacha['aad'])).encrypt(
          bytes(chacha['pt']),
        ),
      ),
      chacha['ct'] + chacha['tag'],
    );
    assert.equal(
      hex(gcm(bytes(aes['key']), bytes(aes['nonce']), bytes(aes['aad'])).encrypt(bytes(aes['pt']))),
      aes['ct'] + aes['tag'],
    );
    assert.equal(native('aes-256-gcm', aes), aes['ct'] + aes['tag']);
  });

  it('SP 800-38A (AES-256-CTR), RFC 5869 (HKDF) and RFC 7748 (X25519)', () => {
    const { key, counter, pt, ct } = standards['aes256ctr'];
    assert.equal(hex(ctr(bytes(key), bytes(counter)).encrypt(bytes(pt))), ct);
    assert.equal(hex(createCipheriv('aes-256-ctr', bytes(key), bytes(counter)).update(bytes(pt))), ct);
    const { ikm, okm } = standards['hkdf'];
    assert.equal(hex(hkdf(sha256, bytes(ikm), undefined, undefined, 42)), okm);
    assert.equal(hex(hkdfSync('sha256', bytes(ikm), '', '', 42)), okm);
    const { secret, other, shared } = standards['x25519'];
    assert.equal(hex(x25519.getSharedSecret(bytes(secret), bytes(other))), shared);
    const privateKey = createPrivateKey({
      key: Buffer.concat([bytes('302e020100300506032b656e04220420'), bytes(secret)]),
      format: 'der',
      type: 'pkcs8',
    });
    const publicKey = createPublicKey({
      key: Buffer.concat([bytes('302a300506032b656e032100'), bytes(other)]),
      format: 'der',
      type: 'spki',
    });
    assert.equal(hex(diffieHellman({ privateKey, publicKey })), shared);
  });
});

describe('our vectors', () => {
  it('are what the reference computes', () => {
    assert.deepEqual(own, JSON.parse(JSON.stringify(knownAnswers())));
  });

  it('layer 1: seeds, keystreams, packing, rings', () => {
    const { shared, recipient, pair, seed } = own.seed;
    assert.equal(hex(maskSeed(bytes(shared), context, recipient, [pair[0], pair[1]])), seed);
    for (const { bits, words } of own.keystreams) {
      const stream = new Uint32Array(words.length);
      addKeystream(stream, bytes(seed), 1, bits);
      assert.deepEqual([...stream], words);
    }
    for (const { bits, words, bytes: packed } of own.packing) {
      assert.equal(hex(packWords(Uint32Array.from(words), bits)), packed);
      assert.deepEqual([...unpackWords(bytes(packed), words.length, bits)], words);
    }
    const { recipient: hub, beacon, providers, rings } = own.rings;
    const graph = maskGraph([hub, ...providers], hub, context, bytes(beacon));
    for (const provider of providers) {
      const near = new Set([hub]);
      for (const ring of rings) {
        const place = ring.indexOf(provider);
        near.add(ring[(place + 1) % ring.length]).add(ring.at(place - 1) ?? hub);
      }
      assert.deepEqual(
        graph(provider),
        [...near].sort((a, b) => a - b),
      );
    }
  });

  it('layers 2 and 3: whole blobs', async () => {
    for (const { provider, requester, count, bits, words, key, requesterKey, blob, commitment: hash } of own.blobs) {
      const facts = { context, provider, requester, count, words: words.length, bits };
      const made = await wrap(Uint32Array.from(words), bytes(requesterKey), facts, bytes(key));
      assert.equal(hex(made), blob);
      assert.equal(hex(commitment(made)), hash);
      const pair = { publicKey: bytes(requesterKey), secretKey: bytes(own.secretKey) };
      assert.deepEqual([...(await peel(bytes(blob), pair, facts))], words);
      assert.deepEqual([...(await openWithKey(bytes(blob), bytes(key), pair.publicKey, facts))], words);
    }
  });
});
