/**
 * Complains about a recorded delivery.
 * @module
 */
import { type Client, write } from '../client.ts';
import { type DeliveryLine, packDeliveries } from '../packing.ts';
import { type Complaint, complaints } from '../types.ts';

/** What a claim takes. */
export interface FileClaimParameters {
  /** The current round, in its evaluation. */
  readonly round: number;
  readonly provider: number;
  readonly complaint: Complaint;
  /** All deliveries of the provider's UPLOAD of this round. */
  readonly deliveries: readonly DeliveryLine[];
}

/** Files the claim with the id `claimId` gives; locks points of both sides. @throws RevertError `Claim…`. */
export async function fileClaim(
  client: Client,
  { round, provider, complaint, deliveries }: FileClaimParameters,
): Promise<void> {
  await write(client, 'fileClaim', [round, provider, complaints.indexOf(complaint), packDeliveries(deliveries)]);
}
