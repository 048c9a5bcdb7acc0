/**
 * Reads who has voted to let an account in.
 * @module
 */
import { fromBitmap } from '../bitmap.ts';
import { type Client, read } from '../client.ts';

/**
 * Ids of the parties that vouch for the account.
 * @param block - as it was after this block; the latest unless told.
 */
export async function getVouchers(
  client: Client,
  { account, block }: { account: string; block?: number },
): Promise<number[]> {
  const [bits] = await read(client, 'vouchers', [account], block);
  return fromBitmap(bits);
}
