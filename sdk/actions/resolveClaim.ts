/**
 * Ends a claim whose outcome is settled.
 * @module
 */
import { type Client, write } from '../client.ts';

/** Anyone may call it. @throws RevertError `ClaimWindowOpen`, `ClaimStatusMismatch`. */
export async function resolveClaim(client: Client, { claim }: { claim: bigint }): Promise<void> {
  await write(client, 'resolveClaim', [claim]);
}
