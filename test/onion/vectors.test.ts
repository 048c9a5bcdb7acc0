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
import { decodeFixedSum, fixedPointFor, wordMask } from '../../node/gradient/fixedPoint.ts';
import { packWords, unpackWords } from '../../node/gradient/packing.ts';
import { shareGradient, wordsOf } from '../../node/gradient/shared.ts';
import { beaconOf } from '../../node/onion/beacon.ts';
import { commitment, openWithKey, peel, wrap } from '../../node/onion/blob.ts';
import { blobRefusal, type RoundFacts, seedRefusal } from '../../node/onion/disclosure.ts';
import { maskGraph } from '../../node/onion/graph.ts';
import { addKeystream, maskSeed, maskSign } from '../../node/onion/keystream.ts';
import { openSum } from '../../node/onion/sum.ts';
import { hpkeSeal, hpkeSecretOf, knownAnswers, neighboursIn } from '../reference/onion.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'vectors', name), 'utf8'));
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array | ArrayBuffer): string => Buffer.from(new Uint8Array(data)).toString('hex');
/** Our own file; its shape is what the reference writes, which the first test of it compares. */
const own = read('onion.json') as ReturnType<typeof knownAnswers>;
const standards = read('standards.json') as Record<string, Record<string, string>>;
const context = { ...own.context, chainId: BigInt(own.context.chainId) };

/** X25519 by OpenSSL. */
function agree(secret: Uint8Array, other: Uint8Array): Uint8Array {
  const privateKey = createPrivateKey({
    key: Buffer.concat([bytes('302e020100300506032b656e04220420'), secret]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey({
    key: Buffer.concat([bytes('302a300506032b656e032100'), other]),
    format: 'der',
    type: 'spki',
  });
  return new Uint8Array(diffieHellman({ privateKey, publicKey }));
}

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
    assert.equal(hex(agree(bytes(secret), bytes(other))), shared);
  });
});

describe('our vectors', () => {
  it('are what the reference computes', () => {
    assert.deepEqual(own, JSON.parse(JSON.stringify(knownAnswers())));
  });

  it('layer 1: seeds, keystreams, packing', () => {
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
  });

  it('numbers: selected, clamped, rounded, in as few bits as hold any sum', () => {
    const gradient = Float32Array.from(own.numbers.gradient);
    for (const { count, clamp, levels, providers, round, provider, bits, words } of own.numbers.formats) {
      const format = fixedPointFor(clamp, levels, providers);
      assert.equal(format.bits, bits);
      const shared = shareGradient(gradient, { round, provider, cap: count, clamp, levels });
      assert.deepEqual([...wordsOf(shared, count, bits)], words);
    }
  });

  it('large groups: the beacon, the rings drawn from it, and the words of a provider in them', () => {
    const { downloads, beacon: drawn } = own.beacon;
    assert.equal(hex(beaconOf(new Map(downloads.map(({ party, key }) => [party, bytes(key)])))), drawn);
    const { recipient: hub, beacon, providers, rings } = own.rings;
    const graph = maskGraph([hub, ...providers], hub, context, bytes(beacon));
    for (const provider of providers) assert.deepEqual(graph(provider), neighboursIn(rings, hub, provider));
    const { provider, bits, neighbours, masked } = own.sparse;
    assert.deepEqual(
      graph(provider),
      neighbours.map(({ party }) => party),
    );
    const words = Uint32Array.of(0, 1, 511, 256);
    for (const { party, shared } of neighbours) {
      const seed = maskSeed(bytes(shared), context, hub, [provider, party]);
      addKeystream(words, seed, maskSign(provider, party), bits);
    }
    assert.deepEqual([...words], masked);
  });

  it('a whole sum: from gradients through blobs to the sum without one that did not deliver', async () => {
    const { bits, clamp, levels, maskKeys, missing, providers, requester, roundSecret, seeds, sum, words } = own.sum;
    const format = fixedPointFor(clamp, levels, providers.length);
    assert.equal(format.bits, bits);
    const group = maskKeys.map(({ party }) => party);
    const neighboursOf = maskGraph(group, requester, context, new Uint8Array(32));
    const seed = (self: number, other: number) => {
      const [ours, theirs] = [self, other].map((id) => maskKeys.find(({ party }) => party === id));
      assert.ok(ours !== undefined && theirs !== undefined);
      return maskSeed(agree(bytes(ours.secret), bytes(theirs.key)), context, requester, [self, other]);
    };
    const pair = {
      publicKey: x25519.getPublicKey(bytes(roundSecret)),
      secretKey: bytes(roundSecret),
    };
    const delivered = new Map<number, Uint32Array>();
    for (const { provider, count, gradient, words: clear, masked, key, blob } of providers) {
      const sharing = { round: context.round, provider, cap: count, clamp, levels };
      const given = wordsOf(shareGradient(Float32Array.from(gradient), sharing), count, bits);
      assert.deepEqual([...given], clear);
      for (const other of neighboursOf(provider)) {
        addKeystream(given, seed(provider, other), maskSign(provider, other), bits);
      }
      assert.deepEqual([...given], masked);
      const facts = { context, provider, requester, count, words: given.length, bits };
      assert.equal(hex(await wrap(given, pair.publicKey, facts, bytes(key))), blob);
      if (provider !== missing) delivered.set(provider, await peel(bytes(blob), pair, facts));
    }
    for (const { helper, seed: given } of seeds) assert.equal(hex(seed(helper, missing)), given);
    const total = openSum({
      requester,
      providers: providers.map(({ provider }) => provider),
      delivered,
      neighboursOf,
      ownSeed: (provider) => seed(requester, provider),
      recovered: seeds.map(({ helper, seed: given }) => ({ helper, missing, seed: bytes(given) })),
      minProviders: 2,
      bits,
    });
    assert.deepEqual(
      [...total].map((word) => word & wordMask(bits)),
      words,
    );
    assert.deepEqual([...decodeFixedSum(total, format)], sum);
  });

  it('disclosure: who may give which blob and which seed, and nobody anything else', () => {
    const { blobs, deliveries, minProviders, orders, parties, seeds } = own.disclosure;
    const linesOf = (lists: typeof orders) =>
      lists.flatMap(({ requester, providers }) => providers.map((provider) => ({ requester, provider, count: 1 })));
    const commitment = new Uint8Array(32);
    const facts = (isFinal: boolean): RoundFacts => ({
      orders: linesOf(orders),
      deliveries: linesOf(deliveries).map(({ requester, provider }) => ({ requester, provider, commitment })),
      isFinal,
      minProviders,
    });
    const given: { blobs: number[][]; seeds: number[][] } = { blobs: [], seeds: [] };
    for (const requester of parties) {
      const group = [requester, ...(orders.find((order) => order.requester === requester)?.providers ?? [])];
      const near = maskGraph(group, requester, context, new Uint8Array(32));
      for (const self of parties) {
        if (blobRefusal(facts(false), self, requester) === undefined) given.blobs.push([self, requester]);
        for (const missing of parties) {
          const asked = { self, requester, missing };
          if (seedRefusal(facts(true), asked, near) === undefined) given.seeds.push([self, requester, missing]);
          assert.notEqual(seedRefusal(facts(false), asked, near), undefined);
        }
      }
    }
    assert.deepEqual(given, { blobs, seeds });
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
