/**
 * The exchange within one process keeps the port's promises, and puts in the faults it is told to.
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryNetwork, type MemoryDelivery } from '../../node/peer/memoryExchange.ts';
import { testExchange } from '../compliance/exchange.ts';

testExchange('memory exchange', async () => {
  const network = createMemoryNetwork();
  return {
    exchanges: [0, 1, 2].map((party) => network.join(party)),
    async silence(party) {
      network.leave(party);
    },
    async end() {},
  };
});

const blob = async () => Uint8Array.of(1, 2, 3);
const handlers = { samples: blob, labels: blob, blob, maskSeed: blob, evidence: blob };
const signal = AbortSignal.timeout(20_000);

test('a fault can change what arrives, and leaves the provider’s copy alone', async () => {
  const network = createMemoryNetwork();
  const [a, b] = [network.join(0), network.join(1)];
  a.serve(handlers);
  const seen: MemoryDelivery[] = [];
  network.setFaults({
    tamper(delivery, content) {
      seen.push(delivery);
      return delivery.round === 2 ? content.with(1, content[1] ^ 1) : content;
    },
  });
  assert.deepEqual(await b.blob(0, 1, signal), Uint8Array.of(1, 2, 3));
  assert.deepEqual(await b.blob(0, 2, signal), Uint8Array.of(1, 3, 3));
  assert.deepEqual(seen[1], { protocol: 'blob', requester: 1, provider: 0, round: 2 });
  network.setFaults({});
  assert.deepEqual(await b.blob(0, 2, signal), Uint8Array.of(1, 2, 3));
});

test('a fault can silence one direction; a party that left is silent until it joins again', async () => {
  const network = createMemoryNetwork();
  const [a, b] = [network.join(0), network.join(1)];
  a.serve(handlers);
  b.serve(handlers);
  network.setFaults({ isSilent: ({ provider }) => provider === 0 });
  await assert.rejects(b.blob(0, 1, signal), { code: 'TIMEOUT', fault: 'network' });
  assert.equal((await a.blob(1, 1, signal)).length, 3);
  network.setFaults({});
  network.leave(0);
  await assert.rejects(b.blob(0, 1, signal), { code: 'TIMEOUT' });
  await assert.rejects(a.blob(1, 1, signal), { code: 'TIMEOUT' });
  network.join(0).serve(handlers);
  assert.equal((await b.blob(0, 1, signal)).length, 3);
});
