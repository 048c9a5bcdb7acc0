/**
 * Makes this client's account the account of a party.
 * @module
 */
import { type Client, write } from '../client.ts';
import type { Signed } from '../types.ts';

/**
 * Takes a party over from the account that consented with {@link nameSuccessor}: id, points, orders, claims and the
 * right to invite. The former account can never act again.
 * @throws RevertError `SuccessionExpired`, `SuccessionInvalidSigner`, `PartiesAlreadyRegistered`.
 */
export async function takeOver(client: Client, { expires, signature }: Signed): Promise<void> {
  await write(client, 'takeOver', [expires, signature]);
}
