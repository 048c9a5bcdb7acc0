/**
 * Asks whether the ledger would take an INIT, without sending it.
 * @module
 */
import { type Client, read } from '../client.ts';
import { encodeRegistration } from '../registration.ts';
import type { InitParameters } from './init.ts';

/**
 * Lets the ledger judge an INIT of `account` as of now; nothing is sent.
 * @throws RevertError as {@link init}.
 */
export async function tryInit(
  client: Client,
  { account, registration, invitation }: InitParameters & { readonly account: string },
): Promise<void> {
  const parameters = [encodeRegistration(registration), invitation ?? { expires: 0, signature: '0x' }];
  await read(client, 'init', parameters, undefined, account);
}
