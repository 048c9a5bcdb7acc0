/**
 * The ledger port over a chain: the common suite on both engines, races, and restarts.
 * @module
 */
import { it } from 'node:test';
import { createChainLedger } from '../../node/ledger/chainLedger.ts';
import { createClient } from '../../sdk/client.ts';
import { deploy } from '../../sdk/deploy.ts';
import { type Chain, engines } from '../chain.ts';
import { DAY, type LedgerWorld, ledgerCompliance, worldFacts } from '../compliance/ledger.ts';
import { fastSending, smallFacts } from '../sdk/ledgerFixture.ts';

async function createWorld(chain: Chain): Promise<LedgerWorld> {
  const { url: rpcUrl, chainId, wallets } = chain;
  const seconds = {
    formSeconds: DAY,
    benchmarkSeconds: DAY,
    orderSeconds: DAY,
    deliverSeconds: DAY,
    evaluateSeconds: DAY,
  };
  const { contract } = await deploy({
    rpcUrl,
    chainId,
    signer: wallets[0],
    facts: { ...smallFacts, ...worldFacts, ...seconds, startParties: 4 },
    members: wallets.slice(0, 4).map(({ address }) => address),
    sending: fastSending,
  });
  const clients = await Promise.all(
    wallets.slice(0, 5).map((signer) => createClient({ rpcUrl, chainId, contract, signer, sending: fastSending })),
  );
  const [...ledgers] = clients.map((client) => createChainLedger({ client, pollIntervalMs: 10 }));
  return {
    members: ledgers.slice(0, 4),
    stranger: ledgers[4],
    increaseTime: (seconds) => chain.increaseTime(seconds),
    async close() {
      for (const client of clients) client.close();
      await chain.stop();
    },
  };
}

for (const { name, available, start } of engines) {
  if (available) ledgerCompliance(`chain (${name})`, async () => createWorld(await start()));
  else it(`ledger: chain (${name})`, { skip: `${name} is not installed: NOT RUN` }, () => undefined);
}
