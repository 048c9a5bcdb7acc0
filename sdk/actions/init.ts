/**
 * INIT: joins the consortium.
 * @module
 */
import { type Client, write } from '../client.ts';
import { encodeRegistration } from '../registration.ts';
import type { ChainRegistration, Invitation } from '../types.ts';

/** What INIT takes. */
export interface InitParameters {
  readonly registration: ChainRegistration;
  /** Needed unless the constitution names the account or the parties voted it in. */
  readonly invitation?: Invitation | undefined;
}

/**
 * Joins; while forming at once, later from the next round on.
 * @throws RevertError `PartiesNotInvited`, `PartiesAlreadyRegistered`, `PartiesFull`, `PartiesInvalidRegistration`,
 * `PartiesPeerIdTaken`, `InvitationExpired`, `InvitationInvalidSigner`, `PhaseMismatch` (closed).
 */
export async function init(client: Client, { registration, invitation }: InitParameters): Promise<void> {
  await write(client, 'init', [encodeRegistration(registration), invitation ?? { expires: 0, signature: '0x' }]);
}
