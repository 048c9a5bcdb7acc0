/**
 * Nobody joins a ledger that was deployed with other terms than those its consortium file states.
 * @module
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { factNames, factsOf } from '../../node/ledger/constitution.ts';
import { assertTerms } from '../../node/ledger/joining.ts';
import { createClient } from '../../sdk/client.ts';
import { deploy } from '../../sdk/deploy.ts';
import type { Facts } from '../../sdk/types.ts';
import { smallConsortium } from '../algorithm/world.ts';
import { type Chain, startHardhat } from '../chain.ts';
import { fastSending } from '../sdk/ledgerFixture.ts';

const consortium = smallConsortium({ ledger: { removalPermille: 600, startParties: 4 } });
const due = factsOf(consortium, 500, 9);

describe('the terms of a ledger', () => {
  let chain: Chain;

  before(async () => {
    chain = await startHardhat();
  });
  after(() => chain.stop());

  const check = async (changes: Partial<Facts>) => {
    const { url: rpcUrl, chainId, wallets } = chain;
    const facts = { ...due, ...changes };
    const { contract } = await deploy({
      rpcUrl,
      chainId,
      signer: wallets[0],
      facts,
      members: [],
      sending: fastSending,
    });
    const client = await createClient({ rpcUrl, chainId, contract });
    await assertTerms(client, consortium, 500).finally(() => client.close());
  };

  it('are those of the file', () => check({}));

  it('are refused when any of them is another', async () => {
    for (const name of factNames) {
      if (name === 'consortiumHash') continue;
      const other = name === 'claimDeposit' ? due[name] + 1n : due[name] + (name === 'maxParties' ? -1 : 1);
      const change = { [name]: other, ...(name === 'minProviders' ? { minParties: 4 } : {}) };
      await assert.rejects(check(change), (error: Error) => {
        assert.ok('code' in error && error.code === 'WRONG_CONSORTIUM' && error.message.includes(`${name} `), name);
        return true;
      });
    }
  });
});
