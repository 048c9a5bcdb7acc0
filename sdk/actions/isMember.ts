/**
 * Asks whether the constitution names an account.
 * @module
 */
import { type Client, read } from '../client.ts';

/** Whether the account may join without an invitation, and invite others. */
export async function isMember(client: Client, { account }: { account: string }): Promise<boolean> {
  const [member] = await read(client, 'isMember', [account]);
  return member;
}
