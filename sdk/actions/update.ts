/**
 * Replaces the registration of this party: new keys, a new address or more data.
 * @module
 */
import { type Client, write } from '../client.ts';
import { encodeRegistration } from '../registration.ts';
import type { ChainRegistration } from '../types.ts';

/** A change of `examples` or `samples` takes effect at the next round. @throws RevertError */
export async function update(client: Client, { registration }: { registration: ChainRegistration }): Promise<void> {
  await write(client, 'update', [encodeRegistration(registration)]);
}
