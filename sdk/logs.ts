/**
 * Reads a contract's log over any range of blocks, in pieces the endpoint accepts.
 * @module
 */
import { type Log, type LogParams, Network, toQuantity } from 'ethers';
import { z } from 'zod';
import { LedgerError } from './errors.ts';
import type { RetryingProvider } from './provider.ts';

/** Which log entries. */
export interface LogFilter {
  readonly address: string;
  readonly fromBlock: number;
  /** Inclusive. */
  readonly toBlock: number;
  /** Values of the indexed fields, the event's own first; null stands for any. */
  readonly topics?: readonly (string | string[] | null)[];
}

/** The log of a range of blocks. */
export interface LogBatch {
  readonly fromBlock: number;
  readonly toBlock: number;
  /** Hash of the last of them, on the node that gave the log. */
  readonly hash: string;
  /** In the order of the chain. */
  readonly logs: readonly Log[];
}

/** Blocks asked for at once where nothing else is said; many public endpoints refuse more. */
export const DEFAULT_SPAN = 2_000;

const blockSchema = z.object({ hash: z.string() }).nullable();
const logsSchema = z.array(z.looseObject({ topics: z.array(z.string()), data: z.string() }));

/** The log of one range, from a node that has its last block: one that lags behind would show an empty log instead. */
async function readRange(provider: RetryingProvider, { address, fromBlock, toBlock, topics = [] }: LogFilter) {
  const range = { address, topics, fromBlock: toQuantity(fromBlock), toBlock: toQuantity(toBlock) };
  const [block, logs] = await provider.sendTogether([
    { method: 'eth_getBlockByNumber', params: [toQuantity(toBlock), false] },
    { method: 'eth_getLogs', params: [range] },
  ]);
  const last = blockSchema.parse(block);
  if (last === null) throw behind(toBlock);
  const network = Network.from(0);
  return {
    hash: last.hash,
    // What an endpoint calls a log is formatted, and checked, by ethers.
    logs: logsSchema.parse(logs).map((log) => provider._wrapLog(log as unknown as LogParams, network)),
  };
}

const behind = (block: number) =>
  new LedgerError('RPC_REFUSED', `The endpoint does not have block ${block} yet`, {
    fault: 'chain',
    action: 'Check that the chain’s node is in step with the chain.',
    meta: { block },
  });

/**
 * Yields the log in batches of consecutive, disjoint ranges. A range the endpoint refuses is asked for in halves.
 * @throws LedgerError `RPC_UNAVAILABLE`, `RPC_REFUSED`; whatever the endpoint says to a single block.
 */
export async function* readLogs(
  provider: RetryingProvider,
  filter: LogFilter,
  mostBlocks = DEFAULT_SPAN,
): AsyncGenerator<LogBatch, void, undefined> {
  let span = mostBlocks;
  for (let fromBlock = filter.fromBlock; fromBlock <= filter.toBlock; ) {
    const toBlock = Math.min(fromBlock + span - 1, filter.toBlock);
    const range = await readRange(provider, { ...filter, fromBlock, toBlock }).catch((error) => {
      if (error instanceof LedgerError || toBlock === fromBlock) throw error;
      return undefined;
    });
    if (range === undefined) {
      span = Math.max(1, Math.floor((toBlock - fromBlock + 1) / 2));
      continue;
    }
    yield { fromBlock, toBlock, ...range };
    fromBlock = toBlock + 1;
  }
}
