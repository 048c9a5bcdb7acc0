/**
 * Reads the registered parties.
 * @module
 */
import type { Result } from 'ethers';
import { type Client, read } from '../client.ts';
import { type ChainParty, party } from '../types.ts';

/** Most parties a ledger has. */
const MOST_PARTIES = 256;

/**
 * All parties by id.
 * @param block - as it was after this block; the latest unless told.
 */
export async function getParties(client: Client, { block }: { block?: number } = {}): Promise<ChainParty[]> {
  const [values] = await read(client, 'parties', [0, MOST_PARTIES], block);
  return values.map((value: Result) => party.parse(value.toObject()));
}
