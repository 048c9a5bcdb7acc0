/**
 * Reads who has voted to let an account in.
 * @module
 */
import { fromBitmap } from '../bitmap.ts';
import { type Client, read } from '../client.ts';

/** Ids of the parties that vouch for the account. */
export async function getVouchers(client: Client, { account }: { account: string }): Promise<number[]> {
  const [bits] = await read(client, 'vouchers', [account]);
  return fromBitmap(bits);
}
