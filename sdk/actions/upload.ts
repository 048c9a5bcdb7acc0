/**
 * UPLOAD: commits to all of this party’s blobs of a round.
 * @module
 */
import { type Client, write } from '../client.ts';
import { type DeliveryLine, packDeliveries } from '../packing.ts';

/** What UPLOAD takes. */
export interface UploadParameters {
  /** The current round. */
  readonly round: number;
  /** In any order; may be empty. */
  readonly deliveries: readonly DeliveryLine[];
}

/**
 * Records the commitments; the points of their orders move to this party.
 * @throws RevertError `PhaseMismatch`, `RoundMismatch`, `RoundAlreadyActed`, `CredibleSetNotMember`, `Exchange…`.
 */
export async function upload(client: Client, { round, deliveries }: UploadParameters): Promise<void> {
  await write(client, 'upload', [round, packDeliveries(deliveries)]);
}
