/**
 * Whether an account may join, asked before anything is prepared for it: samples once made have cost their ε.
 * @module
 */
import { tryInit } from '../../sdk/actions/tryInit.ts';
import { update } from '../../sdk/actions/update.ts';
import type { Client } from '../../sdk/client.ts';
import type { Invitation } from '../../sdk/types.ts';
import type { LedgerState } from '../algorithm/ports.ts';
import { DppdlError } from '../errors.ts';
import type { PartyId, Registration } from '../types.ts';
import { toChain } from './registrations.ts';

/** What is known of a newcomer before it has samples. */
export interface Applicant extends Pick<Registration, 'peerId' | 'address' | 'maskKey' | 'encryptionKey'> {
  readonly account: string;
  readonly invitation: Invitation | undefined;
}

/** Refuses a ledger that is over. @throws DppdlError `CLOSED`. */
export function assertOpen({ phase }: LedgerState): void {
  if (phase !== 'closed') return;
  throw new DppdlError('CLOSED', 'The ledger is closed and takes no new parties.', {
    fault: 'self',
    action: 'Ask the consortium for the address of its new ledger.',
  });
}

/**
 * Lets the ledger judge the INIT that this account would send; what is not known yet has a value that it accepts.
 * @throws RevertError `PartiesNotInvited`, `PartiesAlreadyRegistered`, `PartiesFull`, `PartiesPeerIdTaken`,
 * `InvitationExpired`, `InvitationInvalidSigner`.
 */
export async function assertMayJoin(client: Client, { account, invitation, ...contact }: Applicant): Promise<void> {
  const registration = toChain({
    ...contact,
    examples: 1,
    samples: 1,
    samplesHash: new Uint8Array(32).fill(1),
    privacy: { generator: 'gaussian', epsilon: 1, delta: 1e-5, unit: 'record' },
  });
  await tryInit(client, { account, registration, invitation });
}

/** Tells the ledger where this party is reached from now on, if that has changed. @returns whether it has. */
export async function announceAddress(
  client: Client,
  { phase, parties }: LedgerState,
  self: PartyId,
  address: string,
): Promise<boolean> {
  const party = parties[self];
  if (party.address === address || !party.credible || phase === 'closed') return false;
  await update(client, { registration: toChain({ ...party, address }) });
  return true;
}
