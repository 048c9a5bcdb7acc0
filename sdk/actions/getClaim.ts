/**
 * Reads one claim.
 * @module
 */
import { type Client, read } from '../client.ts';
import { type Claim, claim as schema } from '../types.ts';

/**
 * The claim, with status `none` if there is none.
 * @param claim - its id, see `claimId`.
 */
export async function getClaim(client: Client, { claim, block }: { claim: bigint; block?: number }): Promise<Claim> {
  const [value] = await read(client, 'claimOf', [claim], block);
  return schema.parse(value.toObject());
}
