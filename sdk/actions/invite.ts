/**
 * Signs an invitation for an account.
 * @module
 */
import type { Client } from '../client.ts';
import { LedgerError } from '../errors.ts';
import { typedDataOf } from '../typedData.ts';
import type { Signed } from '../types.ts';

/**
 * Signs an invitation as this client's account, which must be a member in good standing when it is used. Nothing is
 * sent: hand the result to the invited.
 * @param account - who is invited.
 * @param expires - last second at which the invitation is good, Unix time.
 * @throws LedgerError `NO_SIGNER`.
 */
export async function invite(
  client: Client,
  { account, expires }: { account: string; expires: number },
): Promise<Signed> {
  if (client.signer === undefined) {
    throw new LedgerError('NO_SIGNER', 'An invitation needs a signer and this client only reads', { fault: 'self' });
  }
  const { domain, types } = typedDataOf('Invitation', client);
  return { expires, signature: await client.signer.signTypedData(domain, types, { account, expires }) };
}
