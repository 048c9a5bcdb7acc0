/**
 * Ends a phase whose deadline has passed.
 * @module
 */
import { type Client, write } from '../client.ts';

/** @throws RevertError `RoundDeadlineAhead`, `RoundTooFewParties`, `PhaseMismatch` (closed). */
export async function advance(client: Client): Promise<void> {
  await write(client, 'advance');
}
