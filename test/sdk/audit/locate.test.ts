/**
 * The search for a fault finds its block, with a bounded number of questions however many accounts were voted for.
 * @module
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { toBeHex } from 'ethers';
import { vouch } from '../../../sdk/actions/vouch.ts';
import { audit } from '../../../sdk/audit/audit.ts';
import type { Client } from '../../../sdk/client.ts';
import { type Chain, startHardhat } from '../../chain.ts';
import { createFixture } from '../ledgerFixture.ts';
import { compileBroken } from './brokenContract.ts';
import { createLife, form } from './life.ts';

/** More than are asked about at once, and than the search asks about. */
const accounts = Array.from({ length: 60 }, (_, index) => toBeHex(index + 1, 20));

/** A client that counts the calls by block, and how many of them were under way at once. */
function counted(client: Client) {
  const byBlock = new Map<string, number>();
  let [open, mostOpen] = [0, 0];
  const send = async (method: string, parameters: [unknown, string]): Promise<unknown> => {
    if (method !== 'eth_call') return await client.provider.send(method, parameters);
    const [, block] = parameters;
    byBlock.set(block, (byBlock.get(block) ?? 0) + 1);
    mostOpen = Math.max(mostOpen, ++open);
    return await client.provider.send(method, parameters).finally(() => open--);
  };
  const provider = new Proxy(client.provider, {
    get(target, key) {
      if (key === 'send') return send;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { client: { ...client, provider }, byBlock, mostOpen: () => mostOpen };
}

describe('the search for a fault among many votes', () => {
  let chain: Chain;
  let code: string;

  before(async () => {
    chain = await startHardhat({ anyContractSize: true });
    const find = '_vouchers[account] |= Bitmap.only(party);';
    const replace = '_vouchers[account] |= Bitmap.only(party == 1 ? 3 : party);';
    code = compileBroken([{ file: 'Parties.sol', find, replace }]);
  });
  after(() => chain.stop());

  /** Party 0 votes for all accounts, then party 1, whose votes are kept as party 3's, for some. */
  async function auditOf(votedTwice: readonly string[]) {
    const fixture = await createFixture(chain, 4, {}, code);
    const life = createLife(chain, fixture);
    await form(life.clients);
    await life.benchmark();
    for (const account of accounts) await vouch(life.clients[0], { account });
    const fault = (await fixture.clients[0].provider.getBlockNumber()) + 1;
    for (const account of votedTwice) await vouch(life.clients[1], { account });
    // The last block is compared in full, for the verdict; the search goes through those before.
    await chain.request('evm_mine', []);
    const { client, byBlock, mostOpen } = counted(fixture.clients[0]);
    const { violations } = await audit(client, { fromBlock: fixture.deployment.block });
    life.close();
    const searched = [...byBlock].filter(([block]) => Number(block) <= fault).map(([, calls]) => calls);
    return { violations, fault, mostCalls: Math.max(...searched), mostOpen: mostOpen() };
  }

  it('asks about the account alone whose votes differ', async () => {
    const { violations, fault, mostCalls } = await auditOf([accounts[7]]);
    assert.deepEqual(
      violations.map(({ rule, block }) => [rule, block]),
      [['STATE', fault]],
    );
    assert.equal(mostCalls, 2 + 1);
  });

  it('asks about some where those of many differ', async () => {
    const { violations, fault, mostCalls, mostOpen } = await auditOf(accounts);
    assert.equal(violations.length, accounts.length);
    assert.ok(violations.every(({ rule, block }) => rule === 'STATE' && block === fault));
    assert.equal(mostCalls, 2 + 50);
    assert.equal(mostOpen, 50);
  });
});
