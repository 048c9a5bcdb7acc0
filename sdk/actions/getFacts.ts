/**
 * Reads what was fixed when the ledger was deployed.
 * @module
 */
import { type Client, read } from '../client.ts';
import { type Facts, facts } from '../types.ts';

/** The ledger's constitution. Never changes, so one read is enough. */
export async function getFacts(client: Client): Promise<Facts> {
  const [value] = await read(client, 'facts');
  return facts.parse(value.toObject());
}
