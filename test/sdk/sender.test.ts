/**
 * The endpoint may drop, stall, lose and refuse: each transaction still takes effect exactly once.
 * @module
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Transaction } from 'ethers';
import { LedgerError } from '../../sdk/errors.ts';
import { RetryingProvider } from '../../sdk/provider.ts';
import { createSender, type Sender, type SenderOptions } from '../../sdk/sender.ts';
import { type Chain, engines, freePort, hasAnvil, LOCAL_CHAIN_ID, startAnvil } from '../chain.ts';
import { type FaultProxy, type SeenRequest, startFaultProxy } from '../faultProxy.ts';

const hashOf = (raw: string) => Transaction.from(raw).hash ?? '';
const isSend = ({ method }: SeenRequest) => method === 'eth_sendRawTransaction';
const fast = { pollIntervalMs: 10, resendAfterMs: 60, giveUpAfterMs: 20_000 };

function providerAt(rpcUrl: string): RetryingProvider {
  return new RetryingProvider({ rpcUrl, chainId: LOCAL_CHAIN_ID, timeoutMs: 300, patienceMs: 20_000 });
}

for (const { name, available, start } of engines) {
  describe(`sender on ${name}`, { skip: available ? false : `${name} is not installed: NOT RUN` }, () => {
    let chain: Chain;
    let proxy: FaultProxy;
    let provider: RetryingProvider;
    let sender: Sender;
    const to = '0x000000000000000000000000000000000000bEEF';

    const senderOf = (index: number, more: Partial<SenderOptions> = {}) =>
      createSender({
        provider,
        signer: chain.wallets[index],
        chainId: LOCAL_CHAIN_ID,
        decodeRevert: () => undefined,
        ...fast,
        ...more,
      });
    const nonceOf = async (index: number) =>
      Number(await chain.request('eth_getTransactionCount', [chain.wallets[index].address, 'latest']));

    before(async () => {
      chain = await start();
      proxy = await startFaultProxy(chain.url, hashOf);
      provider = providerAt(proxy.url);
    });
    after(async () => {
      provider.destroy();
      await proxy.stop();
      await chain.stop();
    });
    beforeEach(() => proxy.onRequest(() => 'none'));

    it('sends once when all is well', async () => {
      sender = senderOf(0);
      const receipt = await sender.send({ to, data: '0x', name: 'ping' });
      assert.equal(receipt.status, 1);
      assert.equal(await nonceOf(0), 1);
      assert.deepEqual(sender.totals(), { count: 1, gasUsed: 21_000n });
    });

    it('sends again what the endpoint drops without a word', async () => {
      sender = senderOf(1);
      let drops = 0;
      proxy.onRequest((request) => (isSend(request) && drops++ < 2 ? 'drop' : 'none'));
      await sender.send({ to, data: '0x', name: 'ping' });
      assert.ok(drops >= 3, 'two drops, then the one that counts; more where a block takes longer than patience');
      assert.equal(await nonceOf(1), 1);
    });

    it('takes effect once when the answer is lost', async () => {
      sender = senderOf(2);
      let losses = 0;
      proxy.onRequest((request) => (isSend(request) && losses++ < 1 ? 'lose' : 'none'));
      await sender.send({ to, data: '0x', name: 'ping' });
      assert.ok(losses > 1, 'sent again');
      assert.equal(await nonceOf(2), 1);
    });

    // A refusal is an answer, so a seventh of them must not always hit the same of the requests that repeat.
    for (const [fault, every] of [
      ['stall', 3],
      ['reset', 3],
      ['unavailable', 3],
      ['garbage', 3],
      ['refuse', 7],
    ] as const) {
      it(`survives ${fault} on one in ${every} requests`, async () => {
        sender = senderOf(3);
        const first = await nonceOf(3);
        let requests = 0;
        proxy.onRequest(() => (requests++ % every === 1 ? fault : 'none'));
        await sender.send({ to, data: '0x', name: 'ping' });
        assert.equal(await nonceOf(3), first + 1);
      });
    }

    it('sends again what the endpoint refuses while it starts, and says why when it refuses for ever', async () => {
      sender = senderOf(3);
      const first = await nonceOf(3);
      let sends = 0;
      proxy.onRequest((request) => (isSend(request) && sends++ < 3 ? 'refuse' : 'none'));
      await sender.send({ to, data: '0x', name: 'ping' });
      assert.equal(await nonceOf(3), first + 1);
      assert.ok(sends > 3);
      proxy.onRequest((request) => (isSend(request) ? 'refuse' : 'none'));
      const call = sender.send({ to, data: '0x', name: 'ping' });
      await assert.rejects(call, (error) => error instanceof LedgerError && error.code === 'RPC_REFUSED');
      assert.equal(await nonceOf(3), first + 1);
    });

    it('keeps one account serial however many calls are made at once', async () => {
      sender = senderOf(4);
      const calls = Array.from({ length: 8 }, (_, index) => sender.send({ to, data: '0x', name: `ping ${index}` }));
      const blocks = (await Promise.all(calls)).map(({ blockNumber }) => blockNumber);
      assert.deepEqual(
        blocks,
        blocks.toSorted((a, b) => a - b),
      );
      assert.equal(await nonceOf(4), 8);
    });

    it('shares an account with another process', async () => {
      const [one, other] = [senderOf(5), senderOf(5)];
      const calls = [one, other, one, other].map((each, index) => each.send({ to, data: `0x0${index}`, name: 'ping' }));
      await Promise.all(calls);
      assert.equal(await nonceOf(5), 4);
    });

    it('goes on after a failed call', async () => {
      sender = senderOf(6);
      const failed = sender.send({ to: null, data: '0x60006000fd', name: 'create' });
      const next = sender.send({ to, data: '0x', name: 'ping' });
      await assert.rejects(failed, (error) => error instanceof LedgerError && error.code === 'REVERTED');
      await next;
      assert.equal(await nonceOf(6), 1, 'the refused call was never sent');
    });

    it('sends again with more gas what became dearer between estimate and inclusion', async () => {
      // The first call stores a 1; every later one runs a loop of 131,072 turns, 3.4 million gas.
      const runtime = '0x600054600c576001600055005b620200005b600190038060115700';
      const creation = `0x60${((runtime.length - 2) / 2).toString(16)}600c60003960${((runtime.length - 2) / 2).toString(16)}6000f3`;
      const created = await senderOf(8).send({ to: null, data: creation + runtime.slice(2), name: 'create' });
      const dear = { to: created.contractAddress, data: '0x', name: 'dear' };
      await chain.request('evm_setAutomine', [false]);
      const sent = new Set<unknown>();
      proxy.onRequest(({ method, params }) => {
        if (method === 'eth_sendRawTransaction') sent.add(params[0]);
        return 'none';
      });
      // To estimate a long loop takes time.
      const patient = new RetryingProvider({ rpcUrl: proxy.url, chainId: LOCAL_CHAIN_ID });
      const racers = [8, 9].map((index) => senderOf(index, { provider: patient }));
      const receipts = Promise.all(racers.map((racer) => racer.send(dear)));
      while (sent.size < 2) await new Promise(setImmediate);
      await chain.request('evm_mine', []);
      await chain.request('evm_setAutomine', [true]);
      for (const { status } of await receipts) assert.equal(status, 1);
      const counts = racers.map((racer) => racer.totals().count);
      assert.deepEqual(counts.toSorted(), [1, 2], 'one ran out of gas and was sent again');
      patient.destroy();
    });

    it('gives up in time when the chain never includes the transaction', async () => {
      sender = senderOf(7, { giveUpAfterMs: 150 });
      proxy.onRequest((request) => (isSend(request) ? 'drop' : 'none'));
      const call = sender.send({ to, data: '0x', name: 'ping' });
      await assert.rejects(call, (error) => error instanceof LedgerError && error.code === 'TIMEOUT');
    });

    it('says that the endpoint is gone when patience ends', async () => {
      const rpcUrl = `http://user:secret@127.0.0.1:${await freePort()}`;
      const gone = new RetryingProvider({ rpcUrl, chainId: LOCAL_CHAIN_ID, timeoutMs: 50, patienceMs: 120 });
      await assert.rejects(gone.getBlockNumber(), (error) => {
        assert.ok(error instanceof LedgerError && error.code === 'RPC_UNAVAILABLE' && error.fault === 'network');
        assert.ok(!JSON.stringify([error.message, error.meta]).includes('secret'));
        return true;
      });
      gone.destroy();
    });
  });
}

describe('sender on a chain that is restarted', { skip: hasAnvil() ? false : 'no anvil: NOT RUN' }, () => {
  it('waits for the chain and sends once, with free gas and 1 s blocks', async () => {
    const { mkdtempSync, rmSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const folder = mkdtempSync(`${tmpdir()}/chain-`);
    const options = { state: `${folder}/state.json`, port: await freePort(), blockTime: 1, freeGas: true };
    let chain = await startAnvil(options);
    const provider = providerAt(chain.url);
    const signer = chain.wallets[9];
    const sender = createSender({
      provider,
      signer,
      chainId: LOCAL_CHAIN_ID,
      decodeRevert: () => undefined,
      ...fast,
      resendAfterMs: 300,
    });
    try {
      await sender.send({ to: signer.address, data: '0x', name: 'before' });
      // The next one is in the pool, which a restart forgets, when the chain goes down.
      const waiting = sender.send({ to: signer.address, data: '0x', name: 'across' });
      const pooled = async () => Number(await chain.request('eth_getTransactionCount', [signer.address, 'pending']));
      while ((await pooled()) < 2);
      await chain.stop();
      chain = await startAnvil(options);
      const receipt = await waiting;
      assert.equal(receipt.status, 1);
      assert.equal(Number(await chain.request('eth_getTransactionCount', [signer.address, 'latest'])), 2);
      assert.equal((await provider.getTransaction(receipt.hash))?.gasPrice, 0n);
    } finally {
      provider.destroy();
      await chain.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
