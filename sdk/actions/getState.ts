/**
 * Reads where the consortium stands.
 * @module
 */
import { type Client, read } from '../client.ts';
import { type ChainState, state } from '../types.ts';

/** @param block - as it was after this block; the latest unless told. */
export async function getState(client: Client, { block }: { block?: number } = {}): Promise<ChainState> {
  const [value] = await read(client, 'state', [], block);
  return state.parse(value.toObject());
}
