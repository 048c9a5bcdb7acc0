/**
 * Follows the ledger's events as they happen.
 * @module
 */
import type { Client } from '../client.ts';
import type { LedgerError } from '../errors.ts';
import { decodeEvent, type LedgerEvent } from '../events.ts';
import { watchLogs } from '../watch.ts';

/** What is followed, and how. */
export interface WatchEventsParameters {
  /** First block of interest; the next one unless told. */
  readonly fromBlock?: number;
  /** Ends the watch; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Pause between two looks for a new block, in milliseconds. */
  readonly pollIntervalMs?: number;
  /** Told when the endpoint does not answer; the watch goes on. */
  readonly onTrouble?: (error: LedgerError) => void;
}

/**
 * Yields every event exactly once, in the order of the chain, across failures of the endpoint.
 *
 * @example
 * for await (const event of watchEvents(client, { fromBlock: 0, signal })) {
 *   if (event.name === 'Removed') console.log(`party ${event.party} is out`);
 * }
 * @throws LedgerError `REWOUND` when a final block is gone, `MALFORMED` when the contract is no ledger.
 */
export async function* watchEvents(
  client: Client,
  { fromBlock, ...options }: WatchEventsParameters = {},
): AsyncGenerator<LedgerEvent, void, undefined> {
  const { provider, contract: address } = client;
  const first = fromBlock ?? (await provider.getBlockNumber()) + 1;
  for await (const { logs } of watchLogs({ ...options, provider, address, fromBlock: first })) {
    for (const log of logs) yield decodeEvent(log);
  }
}
