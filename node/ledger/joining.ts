/**
 * Whether an account may join, asked before anything is prepared for it: samples once made have cost their ε.
 * @module
 */
import { getFacts } from '../../sdk/actions/getFacts.ts';
import { tryInit } from '../../sdk/actions/tryInit.ts';
import { update } from '../../sdk/actions/update.ts';
import type { Client } from '../../sdk/client.ts';
import { isRevert } from '../../sdk/contract.ts';
import type { Invitation } from '../../sdk/types.ts';
import type { LedgerState } from '../algorithm/ports.ts';
import type { Consortium } from '../consortium.ts';
import { DppdlError } from '../errors.ts';
import type { PartyId, Registration } from '../types.ts';
import { factNames, factsOf } from './constitution.ts';
import { toChain } from './registrations.ts';

/** What is known of a newcomer before it has samples. */
export interface Applicant extends Pick<Registration, 'peerId' | 'address' | 'maskKey' | 'encryptionKey'> {
  readonly account: string;
  readonly invitation: Invitation | undefined;
}

/**
 * Refuses a ledger that names the consortium file's hash and was deployed with other terms than the file's.
 * @param parameterCount - |w| of the consortium's model.
 * @throws DppdlError `WRONG_CONSORTIUM`.
 */
export async function assertTerms(client: Client, consortium: Consortium, parameterCount: number): Promise<void> {
  const facts = await getFacts(client);
  // How many start it is the file's to say only if it does.
  const due = factsOf(consortium, parameterCount, facts.startParties);
  const wrong = factNames.filter((name) => facts[name] !== due[name]);
  if (facts.consortiumHash !== due.consortiumHash || wrong.length === 0) return;
  const terms = wrong.map((name) => `${name} ${facts[name]}, not ${due[name]}`).join('; ');
  throw new DppdlError('WRONG_CONSORTIUM', `The ledger was not deployed as the consortium file says: ${terms}.`, {
    fault: 'self',
    action: 'Do not join it; have the consortium deploy another from this file.',
  });
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

/** What a party may state anew while it takes part; its keys and published samples stay as they are. */
export type Statement = Pick<Registration, 'address' | 'examples' | 'samples'>;

/**
 * Tells the ledger where this party is reached and how much data it has and shares, if any of it has changed.
 * @returns whether it has.
 */
export async function announceChanges(
  client: Client,
  { phase, parties }: LedgerState,
  self: PartyId,
  { address, examples, samples }: Statement,
): Promise<boolean> {
  const party = parties[self];
  const isSame = party.address === address && party.examples === examples && party.samples === samples;
  if (isSame || phase === 'closed') return false;
  try {
    await update(client, { registration: toChain({ ...party, address, examples, samples }) });
    return true;
  } catch (error) {
    // It has left, was voted out, or the ledger closed meanwhile: nobody reads this any more.
    if (isRevert(error, 'CredibleSetNotMember', 'PhaseMismatch')) return false;
    throw error;
  }
}
