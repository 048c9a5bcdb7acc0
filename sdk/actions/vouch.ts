/**
 * Votes to let an account in.
 * @module
 */
import { type Client, write } from '../client.ts';

/** More than half of the credible set is needed. @throws RevertError */
export async function vouch(client: Client, { account }: { account: string }): Promise<void> {
  await write(client, 'vouch', [account]);
}
