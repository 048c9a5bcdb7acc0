/**
 * The in-process ledger passes the suite that every ledger must pass.
 * @module
 */
import { createMemoryLedger } from '../../node/ledger/memoryLedger.ts';
import { developmentWallets } from '../chain.ts';
import { DAY, ledgerCompliance, worldFacts } from '../compliance/ledger.ts';
import { smallFacts } from '../sdk/ledgerFixture.ts';

const accounts = developmentWallets(5).map(({ address }) => address);

ledgerCompliance('in memory', async () => {
  let time = Math.floor(Date.now() / 1000);
  const waiting: { readonly at: number; readonly controller: AbortController }[] = [];
  const clock = {
    now: () => time,
    until(at: number) {
      const controller = new AbortController();
      waiting.push({ at, controller });
      return controller.signal;
    },
  };
  const seconds = {
    formSeconds: DAY,
    benchmarkSeconds: DAY,
    orderSeconds: DAY,
    deliverSeconds: DAY,
    evaluateSeconds: DAY,
  };
  const facts = { ...smallFacts, ...worldFacts, ...seconds, startParties: 4 };
  const books = createMemoryLedger({ facts, members: accounts.slice(0, 4), clock });
  return {
    members: accounts.slice(0, 4).map((account) => books.as(account)),
    stranger: books.as(accounts[4]),
    async increaseTime(by) {
      time += by;
      for (const { at, controller } of waiting) if (at <= time) controller.abort();
    },
    async close() {},
  };
});
