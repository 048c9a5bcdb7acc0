/**
 * Reads a contract's log over any range of blocks, in pieces the endpoint accepts.
 * @module
 */
import type { Log } from 'ethers';
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
  /** In the order of the chain. */
  readonly logs: readonly Log[];
}

/** Blocks asked for at once where nothing else is said; many public endpoints refuse more. */
export const DEFAULT_SPAN = 2_000;

/**
 * Yields the log in batches of consecutive, disjoint ranges. A range the endpoint refuses is asked for in halves.
 * @throws LedgerError `RPC_UNAVAILABLE`; whatever the endpoint says to a single block.
 */
export async function* readLogs(
  provider: RetryingProvider,
  filter: LogFilter,
  mostBlocks = DEFAULT_SPAN,
): AsyncGenerator<LogBatch, void, undefined> {
  const { address, topics = [] } = filter;
  let span = mostBlocks;
  for (let fromBlock = filter.fromBlock; fromBlock <= filter.toBlock; ) {
    const toBlock = Math.min(fromBlock + span - 1, filter.toBlock);
    const asked = {
      address,
      fromBlock,
      toBlock,
      topics: [...topics],
    };
    const logs = await provider.getLogs(asked).catch((error) => {
      if (error instanceof LedgerError || toBlock === fromBlock) throw error;
      return undefined;
    });
    if (logs === undefined) {
      span = Math.max(1, Math.floor((toBlock - fromBlock + 1) / 2));
      continue;
    }
    yield { fromBlock, toBlock, logs };
    fromBlock = toBlock + 1;
  }
}
