/**
 * Reads a ledger's history from a chain, block by block, with a bounded look-ahead.
 * @module
 */
import { getAddress, type Log, toQuantity } from 'ethers';
import { z } from 'zod';
import type { Client } from '../client.ts';
import { LedgerError } from '../errors.ts';
import { readLogs } from '../logs.ts';
import type { SignedTransaction } from './transaction.ts';

/** A block in which the ledger's log has entries. */
export interface HistoryBlock {
  readonly number: number;
  /** Unix seconds. */
  readonly time: number;
  /** Transactions with entries, in the order of the block. */
  readonly transactions: readonly { readonly transaction: SignedTransaction; readonly logs: readonly Log[] }[];
}

/** Blocks whose log is read at once, and blocks read at the same time. */
const SPAN = 500;
const PARALLEL = 16;

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const blockSchema = z.object({
  timestamp: hex,
  transactions: z.array(z.object({ hash: hex, from: hex, to: hex.nullish(), input: hex })),
});

/** Yields the blocks from `fromBlock` to `toBlock` that hold entries of the ledger's log. */
export async function* readHistory(
  { provider, contract: address }: Client,
  { fromBlock, toBlock }: { fromBlock: number; toBlock: number },
): AsyncGenerator<HistoryBlock, void, undefined> {
  const load = async (number: number, logs: readonly Log[]): Promise<HistoryBlock> => {
    const answer: unknown = await provider.send('eth_getBlockByNumber', [toQuantity(number), true]);
    const block = blockSchema.parse(answer);
    const byHash = Map.groupBy(logs, (log) => log.transactionHash);
    const transactions = block.transactions
      .filter(({ hash }) => byHash.has(hash))
      .map(({ hash, from, to, input }) => ({
        transaction: { hash, from: getAddress(from), to: to ? getAddress(to) : null, data: input },
        logs: byHash.get(hash) ?? [],
      }));
    if (transactions.length < byHash.size) {
      throw new LedgerError('MALFORMED', `Block ${number} does not hold the transactions whose log it has`, {
        fault: 'chain',
        meta: { block: number },
      });
    }
    return { number, time: Number(block.timestamp), transactions };
  };

  for await (const { logs } of readLogs(provider, { address, fromBlock, toBlock }, SPAN)) {
    const blocks = [...Map.groupBy(logs, (log) => log.blockNumber)];
    for (let start = 0; start < blocks.length; start += PARALLEL) {
      const some = blocks.slice(start, start + PARALLEL);
      yield* await Promise.all(some.map(([number, entries]) => load(number, entries)));
    }
  }
}
