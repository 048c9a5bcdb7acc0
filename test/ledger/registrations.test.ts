/**
 * A registration comes back from the chain as it was given, and never promises more privacy.
 * @module
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import fc from 'fast-check';
import { fromChain, toChain } from '../../node/ledger/registrations.ts';
import type { Registration } from '../../node/types.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

it('comes back as it was given, ε and δ rounded up at most', async () => {
  const peerIds: string[] = [];
  for (let index = 0; index < 4; index++)
    peerIds.push(peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString());
  const registration: fc.Arbitrary<Registration> = fc.record({
    peerId: fc.constantFrom(...peerIds),
    address: fc.constant('/ip4/10.0.0.7/tcp/4001'),
    maskKey: key,
    encryptionKey: key,
    examples: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    samples: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    samplesHash: key,
    privacy: fc.record({
      generator: fc.constantFrom('dpgan' as const, 'gaussian' as const),
      epsilon: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      delta: fc.double({ min: 1e-18, max: 0.5, noNaN: true }),
      unit: fc.constant('record' as const),
    }),
  });
  fc.assert(
    fc.property(registration, (given) => {
      const { privacy, ...rest } = fromChain(toChain(given));
      const { privacy: before, ...restBefore } = given;
      assert.deepEqual(rest, restBefore);
      assert.equal(privacy.generator, before.generator);
      assert.ok(privacy.epsilon >= before.epsilon * (1 - 1e-12) && privacy.epsilon <= before.epsilon + 1.1e-6);
      assert.ok(privacy.delta >= before.delta * (1 - 1e-12) && privacy.delta <= before.delta * (1 + 1e-12) + 1.1e-18);
    }),
    { numRuns: 200 },
  );
});

it('keeps the usual figures exact', () => {
  const privacy = { generator: 'gaussian', epsilon: 4, delta: 1e-5, unit: 'record' } as const;
  const bytes = new Uint8Array(32).fill(1);
  const peerId = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN';
  const rest = { maskKey: bytes, encryptionKey: bytes, samplesHash: bytes, examples: 600, samples: 60 };
  const chain = toChain({ peerId, address: '/dns4/a/tcp/1', ...rest, privacy });
  assert.deepEqual([chain.epsilon, chain.delta], [4_000_000n, 10_000_000_000_000n]);
  assert.deepEqual(fromChain(chain).privacy, privacy);
  assert.throws(() => toChain({ peerId: 'nobody', address: '', ...rest, privacy }), {
    code: 'MALFORMED',
    fault: 'self',
  });
});
