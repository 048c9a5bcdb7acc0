/**
 * Every event of a ledger exactly once and decoded, whatever becomes of the endpoint.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { watchEvents } from '../../sdk/actions/watchEvents.ts';
import { type Client, createClient } from '../../sdk/client.ts';
import { decodeEvent, type LedgerEvent } from '../../sdk/events.ts';
import { type Chain, hasAnvil, LOCAL_CHAIN_ID, startAnvil, startHardhat } from '../chain.ts';
import { type FaultProxy, startFaultProxy } from '../faultProxy.ts';
import { createLife, form } from './audit/life.ts';
import { createFixture, type Fixture } from './ledgerFixture.ts';

/** Connects through a proxy, and soon loses patience with it. */
const connectThrough = (proxy: FaultProxy, { deployment: { contract } }: Fixture) =>
  createClient({ rpcUrl: proxy.url, chainId: LOCAL_CHAIN_ID, contract, timeoutMs: 200, patienceMs: 300 });

/** The log as it stands on the chain, read at once. */
async function eventsOf({ provider, contract: address }: Client): Promise<LedgerEvent[]> {
  return (await provider.getLogs({ address, fromBlock: 0 })).map(decodeEvent);
}

/** Takes events until one begins a phase. */
async function takeUntil(
  watch: AsyncGenerator<LedgerEvent, void, undefined>,
  phase: 'forming' | 'benchmark' | 'order',
): Promise<LedgerEvent[]> {
  const heard: LedgerEvent[] = [];
  for (;;) {
    const { value } = await watch.next();
    assert.ok(value !== undefined, 'a watch does not end by itself');
    heard.push(value);
    if (value.name === 'PhaseStarted' && value.phase === phase) return heard;
  }
}

describe('watchEvents', () => {
  let chain: Chain;
  let proxy: FaultProxy;
  let fixture: Fixture;
  let watcher: Client;

  beforeEach(async () => {
    chain = await startHardhat();
    fixture = await createFixture(chain, 4);
    proxy = await startFaultProxy(chain.url, () => '0x');
    watcher = await connectThrough(proxy, fixture);
  });
  afterEach(async () => {
    watcher.close();
    fixture.close();
    await proxy.stop();
    await chain.stop();
  });

  it('misses and doubles nothing while the endpoint fails again and again', async () => {
    const faults = ['none', 'reset', 'none', 'unavailable', 'lose', 'refuse', 'behind', 'stall', 'garbage'] as const;
    let requests = 0;
    proxy.onRequest(() => faults[requests++ % faults.length]);
    const troubles = new Set<string>();
    const watch = watchEvents(watcher, {
      fromBlock: 0,
      pollIntervalMs: 5,
      onTrouble: ({ code }) => troubles.add(code),
    });
    const life = createLife(chain, fixture);
    const living = form(fixture.clients).then(() => life.benchmark());
    const heard = await takeUntil(watch, 'order');
    await living;
    assert.deepEqual(heard, await eventsOf(fixture.clients[0]));
    assert.equal(heard[0].name, 'Constituted');
    assert.ok(troubles.has('RPC_REFUSED'), [...troubles].join());
    await watch.return();
  });

  it('begins with the next block unless told otherwise', async () => {
    await form(fixture.clients);
    const hasLooked = Promise.withResolvers<void>();
    proxy.onRequest(({ method }) => {
      if (method === 'eth_getBlockByNumber') hasLooked.resolve();
      return 'none';
    });
    const watch = watchEvents(watcher, { pollIntervalMs: 5 });
    const hearing = takeUntil(watch, 'order');
    await hasLooked.promise;
    await createLife(chain, fixture).benchmark();
    const names = (await hearing).map(({ name }) => name);
    assert.deepEqual(names, ['Reported', 'Reported', 'Reported', 'Reported', 'PhaseStarted']);
    await watch.return();
  });

  it('says so when another chain stands behind the endpoint, though it has the same ledger', async (t) => {
    const other = await startHardhat();
    t.after(() => other.stop());
    const again = await createFixture(other, 4);
    t.after(() => again.close());
    assert.equal(again.deployment.contract, fixture.deployment.contract);
    await other.request('hardhat_mine', ['0x40']);
    await form(again.clients);
    const watch = watchEvents(watcher, { fromBlock: 0, pollIntervalMs: 2 });
    await form(fixture.clients);
    await takeUntil(watch, 'benchmark');
    proxy.forwardTo(other.url);
    await assert.rejects(watch.next(), { code: 'REWOUND', fault: 'chain' });
  });
});

const skip = hasAnvil() ? false : 'anvil is not installed: NOT RUN';
it('watchEvents goes on when the endpoint fails over to another process of the chain', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dppdl-chain-'));
  const state = join(folder, 'state.json');
  let chain = await startAnvil({ state });
  const proxy = await startFaultProxy(chain.url, () => '0x');
  try {
    // Who acts and who watches all know the one address.
    const fixture = await createFixture({ ...chain, url: proxy.url }, 4);
    const watcher = await connectThrough(proxy, fixture);
    const isCutOff = Promise.withResolvers<void>();
    const watch = watchEvents(watcher, { fromBlock: 0, pollIntervalMs: 5, onTrouble: () => isCutOff.resolve() });
    await form(fixture.clients);
    const heard = await takeUntil(watch, 'benchmark');
    const hearing = takeUntil(watch, 'order');
    await chain.stop();
    await isCutOff.promise;
    chain = await startAnvil({ state });
    proxy.forwardTo(chain.url);
    await createLife(chain, fixture).benchmark();
    assert.deepEqual([...heard, ...(await hearing)], await eventsOf(fixture.clients[0]));
    await watch.return();
    watcher.close();
    fixture.close();
  } finally {
    await proxy.stop();
    await chain.stop();
    await rm(folder, { recursive: true });
  }
});
