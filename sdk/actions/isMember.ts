/**
 * Asks whether the constitution names an account, or one that it took over from.
 * @module
 */
import { type Client, read } from '../client.ts';

/** Whether the account may join without an invitation, and invite others. @param block - the latest unless told. */
export async function isMember(
  client: Client,
  { account, block }: { account: string; block?: number },
): Promise<boolean> {
  const [member] = await read(client, 'isMember', [account], block);
  return member;
}
