/**
 * Leaves the credible set.
 * @module
 */
import { type Client, write } from '../client.ts';

/** Leaves at once; free points stay with the account. @throws RevertError */
export async function resign(client: Client): Promise<void> {
  await write(client, 'resign');
}
