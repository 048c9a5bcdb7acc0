/**
 * Follows a contract's log from a block on, in order, with every entry exactly once, across endpoint failures.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError, passingTrouble } from './errors.ts';
import { DEFAULT_SPAN, type LogBatch, readLogs } from './logs.ts';
import type { RetryingProvider } from './provider.ts';

/** What to follow. */
export interface WatchOptions {
  readonly provider: RetryingProvider;
  /** Contract whose log is followed. */
  readonly address: string;
  /** First block of interest. */
  readonly fromBlock: number;
  /** Last block of interest; follows for ever unless told. */
  readonly toBlock?: number;
  /** Ends the watch; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Pause between two looks for a new block, in milliseconds. */
  readonly pollIntervalMs?: number;
  /** Most blocks asked for at once; halved by itself where the endpoint allows fewer. */
  readonly mostBlocks?: number;
  /** Told when the endpoint does not answer; the watch goes on. */
  readonly onTrouble?: (error: LedgerError) => void;
}

/** Looks at a head behind ours, or at a block that is gone, before we believe that the chain lost blocks. */
const LOOKS_BEFORE_REWOUND = 25;

/** Refusals in a row before we believe that the endpoint will never answer; one that restarts refuses for a while. */
const REFUSALS_BEFORE_GIVING_UP = 300;

/** Runs a read until the endpoint answers. */
async function persist<T>(read: () => Promise<T>, options: WatchOptions): Promise<T> {
  const { signal, onTrouble, pollIntervalMs = 200 } = options;
  let refusals = 0;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await read();
    } catch (error) {
      const trouble = passingTrouble(error);
      if (trouble === undefined) throw error;
      if (trouble.code === 'RPC_REFUSED' && ++refusals >= REFUSALS_BEFORE_GIVING_UP) throw trouble;
      onTrouble?.(trouble);
      if (trouble.code === 'RPC_REFUSED') await pause(pollIntervalMs, signal);
    }
  }
}

const pause = (milliseconds: number, signal: AbortSignal | undefined) =>
  sleep(milliseconds, undefined, { signal }).catch(() => signal?.throwIfAborted());

/**
 * Yields batches of consecutive, disjoint block ranges, beginning at `fromBlock`; a batch may hold no logs.
 * Blocks are taken as final, as they are on the networks a consortium runs.
 * @throws LedgerError `REWOUND` when a block that was yielded is no longer on the chain.
 */
export async function* watchLogs(options: WatchOptions): AsyncGenerator<LogBatch, void, undefined> {
  const { provider, address, signal, pollIntervalMs = 200, mostBlocks = DEFAULT_SPAN } = options;
  const last = options.toBlock ?? Number.POSITIVE_INFINITY;
  let next = options.fromBlock;
  let seen: { readonly number: number; readonly hash: string } | undefined;
  let strangeLooks = 0;

  while (next <= last) {
    const head = await persist(() => provider.getBlock('latest'), options);
    if (head === null || head.number < next - 1 || (await isGone(seen, head, options))) {
      strangeLooks++;
      if (strangeLooks > LOOKS_BEFORE_REWOUND) throw rewound(next - 1);
      await pause(pollIntervalMs, signal);
      continue;
    }
    strangeLooks = 0;
    const until = Math.min(head.number, last);
    while (next <= until) {
      const filter = { address, fromBlock: next, toBlock: Math.min(next + mostBlocks - 1, until) };
      const batches = await persist(() => Array.fromAsync(readLogs(provider, filter, mostBlocks)), options);
      yield* batches;
      next = filter.toBlock + 1;
      seen = { number: filter.toBlock, hash: batches[batches.length - 1].hash };
    }
    if (next <= last) await pause(pollIntervalMs, signal);
  }
}

/** Whether the last block we saw has been replaced by another one. */
async function isGone(
  seen: { readonly number: number; readonly hash: string } | undefined,
  head: { readonly number: number; readonly hash: string | null; readonly parentHash: string },
  options: WatchOptions,
): Promise<boolean> {
  if (seen === undefined) return false;
  if (head.number === seen.number) return head.hash !== seen.hash;
  if (head.number === seen.number + 1) return head.parentHash !== seen.hash;
  const block = await persist(() => options.provider.getBlock(seen.number), options);
  return block?.hash !== seen.hash;
}

function rewound(block: number): LedgerError {
  return new LedgerError('REWOUND', `Block ${block}, which was final, is no longer on the chain`, {
    fault: 'chain',
    action: 'Make sure that the endpoint serves the consortium’s chain and that the chain was not reset.',
    meta: { block },
  });
}
