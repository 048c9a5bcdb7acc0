/**
 * Reads what a party ordered in the current round.
 * @module
 */
import { type Client, read } from '../client.ts';

/** Entries ordered of each party, by id; zeros outside order, deliver and evaluate. */
export async function getOrders(client: Client, { requester }: { requester: number }): Promise<number[]> {
  const [counts] = await read(client, 'ordersOf', [requester]);
  return counts.map(Number);
}
