/**
 * The ledger port over a chain: the common suite on both engines and behind a faulty endpoint; restarts and repeats.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { Transaction } from 'ethers';
import { type ChainLedger, createChainLedger } from '../../node/ledger/chainLedger.ts';
import { toChain } from '../../node/ledger/registrations.ts';
import { update } from '../../sdk/actions/update.ts';
import { type Client, createClient } from '../../sdk/client.ts';
import { deploy } from '../../sdk/deploy.ts';
import { LedgerError } from '../../sdk/errors.ts';
import { type Chain, engines, freePort, hasAnvil, startAnvil, startHardhat } from '../chain.ts';
import { DAY, type LedgerWorld, ledgerCompliance, worldFacts, worldRegistration } from '../compliance/ledger.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../faultProxy.ts';
import { fastSending, smallFacts } from '../sdk/ledgerFixture.ts';

const never = new AbortController().signal;
const key = new Uint8Array(32).fill(7);
const seconds = {
  formSeconds: DAY,
  benchmarkSeconds: DAY,
  orderSeconds: DAY,
  deliverSeconds: DAY,
  evaluateSeconds: DAY,
};

async function deployWorld({ url: rpcUrl, chainId, wallets }: Chain): Promise<string> {
  const { contract } = await deploy({
    rpcUrl,
    chainId,
    signer: wallets[0],
    facts: { ...smallFacts, ...worldFacts, ...seconds, startParties: 4 },
    members: wallets.slice(0, 4).map(({ address }) => address),
    sending: fastSending,
  });
  return contract;
}

/** A client of one account, impatient with the endpoint. */
const connectTo = (rpcUrl: string, { chainId, wallets }: Chain, contract: string, index: number): Promise<Client> =>
  createClient({
    rpcUrl,
    chainId,
    contract,
    signer: wallets[index],
    sending: { ...fastSending, resendAfterMs: 100 },
    timeoutMs: 200,
    patienceMs: 20_000,
  });

const ledgerOf = (client: Client): ChainLedger => createChainLedger({ client, pollIntervalMs: 10 });

async function createWorld(chain: Chain, rpcUrl = chain.url, stop = () => chain.stop()): Promise<LedgerWorld> {
  const contract = await deployWorld(chain).catch(async (error) => {
    await stop();
    throw error;
  });
  const clients = await Promise.all([0, 1, 2, 3, 4].map((index) => connectTo(rpcUrl, chain, contract, index)));
  const ledgers = clients.map(ledgerOf);
  return {
    members: ledgers.slice(0, 4),
    stranger: ledgers[4],
    increaseTime: (by) => chain.increaseTime(by),
    async close() {
      for (const client of clients) client.close();
      await stop();
    },
  };
}

for (const { name, available, start } of engines) {
  if (available) ledgerCompliance(`chain (${name})`, async () => createWorld(await start()));
  else it(`ledger: chain (${name})`, { skip: `${name} is not installed: NOT RUN` }, () => undefined);
}

/** Every seventh request goes wrong, each time in another way; a transaction may also vanish. */
function makeFaulty(proxy: FaultProxy): void {
  const faults: readonly Fault[] = ['reset', 'lose', 'unavailable', 'garbage', 'stall'];
  let requests = 0;
  let sends = 0;
  proxy.onRequest(({ method }) => {
    requests++;
    if (method === 'eth_sendRawTransaction' && ++sends % 5 === 0) return 'drop';
    return requests % 7 === 0 ? faults[(requests / 7) % faults.length] : 'none';
  });
}

ledgerCompliance('chain behind a faulty endpoint', async () => {
  const chain = await startHardhat();
  const proxy = await startFaultProxy(chain.url, (raw) => Transaction.from(raw).hash ?? '');
  makeFaulty(proxy);
  return createWorld(chain, proxy.url, async () => {
    await proxy.stop();
    await chain.stop();
  });
});

it('an act that is recorded already is done, and another one in its place is refused', async () => {
  const chain = await startHardhat();
  const contract = await deployWorld(chain);
  const clients = await Promise.all([0, 1, 2, 3].map((index) => connectTo(chain.url, chain, contract, index)));
  const ledgers = clients.map(ledgerOf);
  for (const [id, ledger] of ledgers.entries()) await ledger.init(worldRegistration(id));
  const refused = (promise: Promise<unknown>) => assert.rejects(promise, { code: 'REVERTED', fault: 'chain' });
  const twice = async (act: () => Promise<void>, other: () => Promise<void>) => {
    const before = ledgers[0].transactions().count;
    await act();
    await act();
    await refused(other());
    assert.equal(ledgers[0].transactions().count, before + 1, 'recorded once');
  };
  await twice(
    () => ledgers[0].report(0, [2]),
    () => ledgers[0].report(0, [3]),
  );
  for (const id of [1, 2, 3]) await ledgers[id].report(0, []);
  const orders = [1, 2, 3].map((provider) => ({ provider, count: 10 }));
  await twice(
    () => ledgers[0].download(1, orders, key),
    () => ledgers[0].download(1, orders.slice(1), key),
  );
  for (const id of [1, 2, 3]) await ledgers[id].download(1, [], key);
  // A new process knows nothing of the past, and the phase is over: still done.
  await ledgerOf(clients[0]).download(1, orders, key);
  await twice(
    () => ledgers[0].upload(1, []),
    () => ledgers[0].upload(1, [{ requester: 1, commitment: key }]),
  );
  for (const client of clients) client.close();
  await chain.stop();
});

for (const [fault, code] of [
  ['unavailable', 'RPC_UNAVAILABLE'],
  ['refuse', 'RPC_REFUSED'],
] as const) {
  it(`waits while the endpoint is ${fault === 'refuse' ? 'behind' : 'down'}, and tells`, () => testOutage(fault, code));
}

async function testOutage(fault: Fault, code: string): Promise<void> {
  const chain = await startHardhat();
  const proxy = await startFaultProxy(chain.url, () => '0x');
  const contract = await deployWorld(chain);
  const { chainId, wallets } = chain;
  const reader = await createClient({ rpcUrl: proxy.url, chainId, contract, signer: wallets[0], patienceMs: 50 });
  let isDown = true;
  proxy.onRequest(() => (isDown ? fault : 'none'));
  const codes: string[] = [];
  const ledger = createChainLedger({
    client: reader,
    pollIntervalMs: 5,
    onTrouble(error) {
      codes.push(error.code);
      isDown = codes.length < 3;
    },
  });
  const state = await ledger.reached(0, 'forming', never);
  assert.equal(state.phase, 'forming');
  assert.deepEqual(codes, [code, code, code]);
  reader.close();
  await proxy.stop();
  await chain.stop();
}

it('a client that only reads cannot be a node’s ledger', async () => {
  const chain = await startHardhat();
  const contract = await deployWorld(chain);
  const reader = await createClient({ rpcUrl: chain.url, chainId: chain.chainId, contract });
  const ledger = createChainLedger({ client: reader });
  await assert.rejects(ledger.self(), (error) => error instanceof LedgerError && error.code === 'NO_SIGNER');
  assert.deepEqual(ledger.transactions(), { count: 0, gasUsed: 0n });
  reader.close();
  await chain.stop();
});

const skip = hasAnvil() ? false : 'anvil is not installed: NOT RUN';
it('goes on over a restart of the chain, with 1 s blocks and free gas', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dppdl-chain-'));
  const options = { state: join(folder, 'state.json'), port: await freePort(), blockTime: 1, freeGas: true };
  let chain = await startAnvil(options);
  try {
    const contract = await deployWorld(chain);
    const clients = await Promise.all([0, 1, 2, 3].map((index) => connectTo(chain.url, chain, contract, index)));
    const ledgers = clients.map(ledgerOf);
    await Promise.all(ledgers.slice(0, 3).map((ledger, id) => ledger.init(worldRegistration(id))));
    const waiting = ledgers[0].reached(0, 'benchmark', never);
    const joining = ledgers[3].init(worldRegistration(3));
    await chain.stop();
    chain = await startAnvil(options);
    assert.ok((await joining) < 4);
    assert.equal((await waiting).parties.length, 4);
    await Promise.all(ledgers.map((ledger) => ledger.report(0, [])));
    const state = await ledgers[3].reached(1, 'order', never);
    assert.deepEqual([state.round, state.phase, state.minted], [1, 'order', 6000n]);
    assert.ok(ledgers.every((ledger) => ledger.transactions().count === 2));
    for (const client of clients) client.close();
  } finally {
    await chain.stop();
    await rm(folder, { recursive: true });
  }
});

it('a ledger opened later sees open claims however old, and the parties as they were when a round began', async () => {
  const chain = await startHardhat();
  const contract = await deployWorld(chain);
  const clients = await Promise.all([0, 1, 2, 3].map((index) => connectTo(chain.url, chain, contract, index)));
  const ledgers = clients.map(ledgerOf);
  const rekey = (index: number, byte: number) =>
    update(clients[index], {
      registration: toChain({ ...worldRegistration(index), maskKey: new Uint8Array(32).fill(byte) }),
    });
  const later = () => ledgerOf(clients[2]);
  const mine = async () => {
    for (let block = 0; block < 40; block++) await chain.request('evm_mine', []);
  };
  try {
    for (const [id, ledger] of ledgers.entries()) await ledger.init(worldRegistration(id));
    for (const ledger of ledgers) await ledger.report(0, []);
    const keysOf = async (reader: (typeof ledgers)[number]) =>
      [...(await reader.atStart(1))].map(([id, { maskKey, credible }]) => [id, maskKey, credible]);
    const expected = [0, 1, 2, 3].map((id) => [id, worldRegistration(id).maskKey, true]);
    await rekey(0, 200);
    assert.deepEqual(await keysOf(ledgers[3]), expected);
    for (const [id, ledger] of ledgers.entries()) {
      const orders = [0, 1, 2, 3].filter((other) => other !== id).map((provider) => ({ provider, count: 50 }));
      await ledger.download(1, orders, key);
    }
    await rekey(1, 201);
    await rekey(0, 202);
    for (const reader of [ledgers[3], later()]) assert.deepEqual(await keysOf(reader), expected);
    for (const [id, ledger] of ledgers.entries()) {
      const requesters = [0, 1, 2, 3].filter((other) => other !== id);
      await ledger.upload(
        1,
        requesters.map((requester) => ({ requester, commitment: key })),
      );
    }
    assert.deepEqual(await later().claims(), []);
    await ledgers[0].fileClaim(1, 3, 'doesNotOpen');
    await ledgers[1].fileClaim(1, 3, 'notDelivered');
    await ledgers[3].answerClaim((await ledgers[3].claims())[1].id, key, 'here');
    await mine();
    assert.deepEqual(
      (await later().claims()).map(({ requester, status }) => [requester, status]),
      [
        [0, 'filed'],
        [1, 'answered'],
      ],
    );
    await chain.increaseTime(DAY);
    for (const { id } of await ledgers[2].claims()) await ledgers[2].resolveClaim(id);
    await mine();
    assert.deepEqual(await later().claims(), [], 'none is open: the past need not be read');
    assert.deepEqual(
      (await ledgers[3].claims()).map(({ status }) => status),
      ['upheld', 'undecided'],
    );
  } finally {
    for (const client of clients) client.close();
    await chain.stop();
  }
});
