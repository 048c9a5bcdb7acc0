/**
 * Ends this party’s evaluation of a round.
 * @module
 */
import { toBitmap } from '../bitmap.ts';
import { type Client, write } from '../client.ts';

/**
 * Names the parties found of low quality; round 0 is the benchmark.
 * @throws RevertError `PhaseMismatch`, `RoundMismatch`, `RoundAlreadyActed`, `CredibleSetNotMember`,
 * `CredibleSetInvalidReport`.
 */
export async function report(
  client: Client,
  { round, lowContributors }: { round: number; lowContributors: readonly number[] },
): Promise<void> {
  await write(client, 'report', [round, toBitmap(lowContributors)]);
}
