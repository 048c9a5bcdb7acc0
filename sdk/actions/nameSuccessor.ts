/**
 * Signs the consent of a party's account to be succeeded by another account.
 * @module
 */
import type { Client } from '../client.ts';
import { LedgerError } from '../errors.ts';
import { typedDataOf } from '../typedData.ts';
import type { Signed } from '../types.ts';

/**
 * Signs as this client's account. Nothing is sent: the successor sends the result with {@link takeOver}, and from then on
 * has all that this account had.
 * @param account - the successor; it must never have been a party's.
 * @param expires - last second at which the consent is good, Unix time.
 * @throws LedgerError `NO_SIGNER`.
 */
export async function nameSuccessor(
  client: Client,
  { account, expires }: { account: string; expires: number },
): Promise<Signed> {
  if (client.signer === undefined) {
    throw new LedgerError('NO_SIGNER', 'A consent needs a signer and this client only reads', { fault: 'self' });
  }
  const { domain, types } = typedDataOf('Succession', client);
  return { expires, signature: await client.signer.signTypedData(domain, types, { account, expires }) };
}
