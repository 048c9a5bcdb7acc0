/**
 * Reads past events of one kind.
 * @module
 */
import type { Client } from '../client.ts';
import type { EventName } from '../contract.ts';
import { decodeEvent, type EventFields, type Position, topicsOf } from '../events.ts';
import { readLogs } from '../logs.ts';

/** Which events. */
export interface GetEventsParameters<Name extends EventName> {
  readonly name: Name;
  /** Values of the event's indexed fields in their order; null stands for any. */
  readonly indexed?: readonly (bigint | number | string | null)[];
  readonly fromBlock?: number;
  /** Inclusive; the latest block unless told. */
  readonly toBlock?: number;
}

/** All events of a kind in a range of blocks, in the order of the chain. */
export async function getEvents<Name extends EventName>(
  client: Client,
  { name, indexed, fromBlock = 0, toBlock }: GetEventsParameters<Name>,
): Promise<(EventFields<Name> & Position)[]> {
  const { provider, contract: address } = client;
  const filter = {
    address,
    fromBlock,
    toBlock: toBlock ?? (await provider.getBlockNumber()),
    topics: topicsOf(name, indexed),
  };
  const events: (EventFields<Name> & Position)[] = [];
  // The topic filter lets only events of this name through.
  for await (const { logs } of readLogs(provider, filter)) {
    for (const log of logs) events.push(decodeEvent(log) as unknown as EventFields<Name> & Position);
  }
  return events;
}
