/**
 * DOWNLOAD: places all of this party’s orders of a round.
 * @module
 */
import { type Client, write } from '../client.ts';
import { type OrderLine, packOrders } from '../packing.ts';

/** What DOWNLOAD takes. */
export interface DownloadParameters {
  /** The current round. */
  readonly round: number;
  /** In any order; may be empty. */
  readonly orders: readonly OrderLine[];
  /** X25519 key to which the blobs are wrapped; 32 bytes. */
  readonly encryptionKey: Uint8Array | string;
}

/**
 * Places the orders; the points they cost go to escrow.
 * @throws RevertError `PhaseMismatch`, `RoundMismatch`, `RoundAlreadyActed`, `CredibleSetNotMember`,
 * `PointsInsufficientBalance`, `Exchange…`.
 */
export async function download(client: Client, { round, orders, encryptionKey }: DownloadParameters): Promise<void> {
  await write(client, 'download', [round, packOrders(orders), encryptionKey]);
}
