/**
 * Finds the party an account is.
 * @module
 */
import { type Client, read } from '../client.ts';

/** The id of the account's party, or undefined when it has none. */
export async function getPartyOf(
  client: Client,
  { account, block }: { account: string; block?: number },
): Promise<number | undefined> {
  const [registered, party] = await read(client, 'partyOf', [account], block);
  return registered ? Number(party) : undefined;
}
