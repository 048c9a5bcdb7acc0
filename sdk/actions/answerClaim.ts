/**
 * Answers a claim against this party.
 * @module
 */
import { type Client, write } from '../client.ts';

/** What an answer takes. */
export interface AnswerClaimParameters {
  readonly claim: bigint;
  /** The blob's fresh layer 2 key, 32 bytes; it opens to layer 1 and shows nothing private. */
  readonly key: Uint8Array | string;
  /** Where the blob can be had. */
  readonly location: string;
}

/** @throws RevertError `ClaimNotAllowed`, `ClaimStatusMismatch`, `ClaimWindowClosed`. */
export async function answerClaim(client: Client, { claim, key, location }: AnswerClaimParameters): Promise<void> {
  await write(client, 'answerClaim', [claim, key, location]);
}
