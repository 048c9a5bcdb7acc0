/**
 * Every log entry exactly once and in order, whatever the endpoint does.
 * @module
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { concat, getCreateAddress, toBeHex } from 'ethers';
import { LedgerError } from '../../sdk/errors.ts';
import { RetryingProvider } from '../../sdk/provider.ts';
import { createSender, type Sender } from '../../sdk/sender.ts';
import { watchLogs } from '../../sdk/watch.ts';
import { type Chain, engines, LOCAL_CHAIN_ID } from '../chain.ts';
import { type FaultProxy, startFaultProxy } from '../faultProxy.ts';

/** Runtime code that logs its call data: CALLDATACOPY(0, 0, size), LOG0(0, size). */
const ECHO = '0x366000600037366000a000';
/** Creation code of `runtime`, at most 255 bytes. */
const creation = (runtime: string) => {
  const size = (runtime.length - 2) / 2;
  return concat(['0x60', toBeHex(size, 1), '0x600c60003960', toBeHex(size, 1), '0x6000f3', runtime]);
};

for (const { name, available, start } of engines) {
  describe(`watch on ${name}`, { skip: available ? false : `${name} is not installed: NOT RUN` }, () => {
    let chain: Chain;
    let proxy: FaultProxy;
    let provider: RetryingProvider;
    let sender: Sender;
    let address: string;

    before(async () => {
      chain = await start();
      proxy = await startFaultProxy(chain.url, () => '0x');
      provider = new RetryingProvider({ rpcUrl: proxy.url, chainId: LOCAL_CHAIN_ID, timeoutMs: 200, patienceMs: 300 });
      const direct = new RetryingProvider({ rpcUrl: chain.url, chainId: LOCAL_CHAIN_ID });
      sender = createSender({
        provider: direct,
        signer: chain.wallets[0],
        chainId: LOCAL_CHAIN_ID,
        decodeRevert: () => undefined,
        pollIntervalMs: 5,
      });
      await sender.send({ to: null, data: creation(ECHO), name: 'create' });
      address = getCreateAddress({ from: chain.wallets[0].address, nonce: 0 });
    });
    after(async () => {
      provider.destroy();
      await proxy.stop();
      await chain.stop();
    });
    beforeEach(() => proxy.onRequest(() => 'none'));

    const say = (value: number) => sender.send({ to: address, data: toBeHex(value, 4), name: 'say' });

    it('misses and doubles nothing while the endpoint fails again and again', async () => {
      const fromBlock = await provider.getBlockNumber();
      const total = 40;
      const faults = ['none', 'reset', 'none', 'unavailable', 'lose', 'refuse', 'stall', 'garbage'] as const;
      let requests = 0;
      proxy.onRequest(() => faults[requests++ % faults.length]);
      const writing = (async () => {
        for (let value = 0; value < total; value++) await say(value);
      })();
      const heard: number[] = [];
      const ranges: number[] = [];
      const watch = watchLogs({ provider, address, fromBlock: fromBlock + 1, pollIntervalMs: 5, mostBlocks: 3 });
      for await (const { fromBlock: first, toBlock, logs } of watch) {
        ranges.push(first, toBlock);
        for (const { data } of logs) heard.push(Number(data));
        if (heard.length >= total) break;
      }
      await writing;
      assert.deepEqual(
        heard,
        Array.from({ length: total }, (_, value) => value),
      );
      for (let index = 2; index < ranges.length; index += 2) assert.equal(ranges[index], ranges[index - 1] + 1);
      assert.ok((proxy.done.get('lose') ?? 0) > 0);
    });

    it('misses nothing where some of the nodes behind an endpoint lag behind the others', async () => {
      const fromBlock = (await provider.getBlockNumber()) + 1;
      for (const value of [1, 2, 3]) await say(value);
      let asked = 0;
      proxy.onRequest(({ method }) => (method === 'eth_getLogs' && asked++ % 3 < 2 ? 'behind' : 'none'));
      const heard: number[] = [];
      const troubles: string[] = [];
      const onTrouble = ({ code }: LedgerError) => troubles.push(code);
      const toBlock = fromBlock + 2;
      const watch = watchLogs({ provider, address, fromBlock, toBlock, pollIntervalMs: 5, mostBlocks: 1, onTrouble });
      for await (const { logs } of watch) for (const { data } of logs) heard.push(Number(data));
      assert.deepEqual(heard, [1, 2, 3]);
      assert.deepEqual(new Set(troubles), new Set(['RPC_REFUSED']));
    });

    it('gives up on an endpoint that refuses for ever', async () => {
      const fromBlock = await provider.getBlockNumber();
      proxy.onRequest(({ method }) => (method === 'eth_getLogs' ? 'refuse' : 'none'));
      const watch = watchLogs({ provider, address, fromBlock, pollIntervalMs: 0 });
      await assert.rejects(watch.next(), (error) => error instanceof LedgerError && error.code === 'RPC_REFUSED');
    });

    it('goes on after an outage longer than the patience of one call', async () => {
      const fromBlock = (await provider.getBlockNumber()) + 1;
      let down = true;
      proxy.onRequest(() => (down ? 'unavailable' : 'none'));
      let troubles = 0;
      const watch = watchLogs({
        provider,
        address,
        fromBlock,
        pollIntervalMs: 5,
        onTrouble: () => {
          troubles++;
        },
      });
      const first = watch.next();
      await say(7);
      while (troubles < 2) await new Promise(setImmediate);
      down = false;
      const { value } = await first;
      assert.deepEqual(
        value?.logs.map(({ data }: { data: string }) => Number(data)),
        [7],
      );
      await watch.return();
    });

    it('ends with the reason of its signal', async () => {
      const abort = new AbortController();
      const fromBlock = (await provider.getBlockNumber()) + 1;
      const { signal } = abort;
      const watch = watchLogs({ provider, address, fromBlock, pollIntervalMs: 10_000, signal });
      const waiting = watch.next();
      abort.abort(new Error('enough'));
      await assert.rejects(waiting, /enough/);
    });

    it('ends by itself at the last block asked for', async () => {
      const last = await provider.getBlockNumber();
      let until = 0;
      for await (const { toBlock } of watchLogs({ provider, address, fromBlock: 0, toBlock: last })) until = toBlock;
      assert.equal(until, last);
    });

    it('says so when final blocks are gone', async () => {
      const snapshot = await chain.request('evm_snapshot', []);
      await say(1);
      const watch = watchLogs({ provider, address, fromBlock: 0, pollIntervalMs: 2 });
      await watch.next();
      await chain.request('evm_revert', [snapshot]);
      await chain.request('evm_increaseTime', [1000]);
      await chain.request('evm_mine', []);
      await assert.rejects(
        (async () => {
          for await (const _ of watch);
        })(),
        (error) => error instanceof LedgerError && error.code === 'REWOUND',
      );
    });
  });
}
