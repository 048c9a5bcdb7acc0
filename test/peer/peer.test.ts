/**
 * The libp2p exchange keeps the port's promises.
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPeer, peerIdOf } from '../../node/peer/peer.ts';
import { testExchange } from '../compliance/exchange.ts';
import { createTestClock, Neighbourhood, seedOf } from './peers.ts';

testExchange('libp2p exchange', async () => {
  const neighbourhood = new Neighbourhood();
  const peers = await Promise.all(
    [0, 1, 2].map((party) => neighbourhood.start(party, { deps: { clock: createTestClock() } })),
  );
  return { exchanges: peers, silence: (party) => peers[party].stop(), end: () => neighbourhood.end() };
});

test('the peer id follows from the seed alone', () => {
  // RFC 8032 section 7.1, test 1: the public key d75a98… as a libp2p ed25519 peer id,
  // base58btc(00 24 08 01 12 20 ‖ key), computed apart.
  const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
  assert.equal(peerIdOf(seed), '12D3KooWQK1wnefoLrcVHbbnf5tLzbopUd3K3bFAoJpA7YJgL5pV');
});

test('a status says who is asked for, in which round, and who asks', { timeout: 30_000 }, async () => {
  const neighbourhood = new Neighbourhood();
  try {
    const a = await neighbourhood.start(3, { deps: { round: () => 12 } });
    const b = await neighbourhood.start(8);
    const signal = AbortSignal.timeout(20_000);
    assert.deepEqual(await b.status(3, signal), { party: 8, round: 12, serving: false, version: 1 });
    const never = async (): Promise<Uint8Array> => assert.fail('not asked for');
    a.serve({ samples: never, labels: never, blob: never, maskSeed: never, evidence: never });
    assert.equal((await b.status(3, signal)).serving, true);
  } finally {
    await neighbourhood.end();
  }
});

test('a party is reached by name, with or without its peer id in the address', { timeout: 30_000 }, async () => {
  const neighbourhood = new Neighbourhood();
  try {
    const a = await neighbourhood.start(0, { options: { announce: ['/dns4/node.hospital.example/tcp/4001'] } });
    assert.deepEqual(a.addresses(), ['/dns4/node.hospital.example/tcp/4001']);
    const b = await neighbourhood.start(1);
    const c = await neighbourhood.start(2);
    const port = b.addresses()[0].split('/').at(-1);
    for (const address of [`/dns4/localhost/tcp/${port}`, `/dns4/localhost/tcp/${port}/p2p/${b.peerId}`]) {
      neighbourhood.directory.set(1, { peerId: b.peerId, address });
      assert.equal((await c.status(1, AbortSignal.timeout(20_000))).party, 2);
      await c.stop();
      await c.start();
    }
  } finally {
    await neighbourhood.end();
  }
});

test('nothing runs before the start, and a peer may be stopped twice', async () => {
  const options = { seed: seedOf(0), listen: ['/ip4/127.0.0.1/tcp/0'] };
  const peer = createPeer(options, { directory: () => new Map() });
  assert.deepEqual(peer.addresses(), []);
  await assert.rejects(peer.blob(1, 1, AbortSignal.timeout(1_000)), { code: 'STOPPED', fault: 'self' });
  await peer.start();
  await peer.start();
  await peer.stop();
  await peer.stop();
});
