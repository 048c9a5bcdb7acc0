/**
 * What a ledger's transactions cost, read from its chain.
 * @module
 */
import type { TransactionTotals } from '../../node/report/summary.ts';
import type { Client } from '../../sdk/client.ts';
import { ledgerInterface } from '../../sdk/contract.ts';

/** Name of the ledger's function a transaction called; `deploy` for its creation, `other` for none. */
function actionOf(to: string | null, data: string): string {
  if (to === null) return 'deploy';
  return ledgerInterface.parseTransaction({ data })?.name ?? 'other';
}

/** All transactions of a chain that serves one ledger only, its deployment included, and the gas they took. */
export async function readCosts({
  provider,
}: Client): Promise<{ count: number; gas: bigint; byAction: TransactionTotals['byAction'] }> {
  const totals = new Map<string, { count: number; gas: bigint }>();
  const latest = await provider.getBlockNumber();
  for (let number = 0; number <= latest; number++) {
    const block = await provider.getBlock(number, true);
    for (const { hash, to, data } of block?.prefetchedTransactions ?? []) {
      const receipt = await provider.getTransactionReceipt(hash);
      const action = actionOf(to, data);
      const { count, gas } = totals.get(action) ?? { count: 0, gas: 0n };
      totals.set(action, { count: count + 1, gas: gas + (receipt?.gasUsed ?? 0n) });
    }
  }
  const byAction = [...totals].map(([action, { count, gas }]) => ({ action, count, gas: gas.toString() }));
  const sum = [...totals.values()];
  return {
    count: sum.reduce((total, { count }) => total + count, 0),
    gas: sum.reduce((total, { gas }) => total + gas, 0n),
    byAction,
  };
}
