/**
 * Votes on an answered claim.
 * @module
 */
import { type Client, write } from '../client.ts';

/**
 * @param upheld - true when the blob does not hash to the commitment or does not open with the key.
 * @throws RevertError `ClaimNotAllowed`, `ClaimAlreadyVoted`, `ClaimStatusMismatch`, `ClaimWindowClosed`.
 */
export async function voteClaim(client: Client, { claim, upheld }: { claim: bigint; upheld: boolean }): Promise<void> {
  await write(client, 'voteClaim', [claim, upheld]);
}
