/**
 * Judges who takes part: the constitution, registrations, votes for newcomers, successions, resignations.
 * @module
 */
import { getAddress, verifyTypedData, ZeroAddress, ZeroHash } from 'ethers';
import { has, sizeOf } from '../bitmap.ts';
import type { ChainRegistration, Facts } from '../types.ts';
import { factsOf, type Judgement } from './books.ts';
import type { Effects, EventOf } from './effects.ts';
import { endIfComplete, endNow, enter } from './phases.ts';
import { withdraw } from './refunds.ts';

/** Parties a ledger can have, and members its constitution can name. */
const MOST_PARTIES = 256;

/** Facts that are at least one. */
const positive = [
  'parameterCount',
  'rounds',
  'formSeconds',
  'benchmarkSeconds',
  'orderSeconds',
  'deliverSeconds',
  'evaluateSeconds',
  'answerSeconds',
  'voteSeconds',
  'claimDeposit',
] as const satisfies readonly (keyof Facts)[];

/** The first event: facts and members. */
export function judgeConstitution(judgement: Judgement, event: EventOf<'Constituted'>, effects: Effects): void {
  const { books } = judgement;
  const { facts, members } = event;
  if (books.facts !== undefined) {
    judgement.violate('CONSTITUTION', 'A second constitution was given; it is ignored.');
    return;
  }
  books.facts = facts;
  const { minProviders, minParties, startParties, maxParties, removalPermille } = facts;
  const wrong = [
    ...positive.filter((name) => facts[name] < 1),
    ...(minProviders < 2 ? ['minProviders'] : []),
    ...(minParties <= minProviders ? ['minParties'] : []),
    ...(startParties < minParties ? ['startParties'] : []),
    ...(maxParties < startParties || maxParties > MOST_PARTIES ? ['maxParties'] : []),
    ...(removalPermille < 500 || removalPermille > 999 ? ['removalPermille'] : []),
  ];
  if (members.length > MOST_PARTIES)
    judgement.violate('CONSTITUTION', `${members.length} members are named, of ${MOST_PARTIES} at most.`);
  if (wrong.length > 0) judgement.violate('CONSTITUTION', `Facts out of range: ${wrong.join(', ')}.`);
  for (const member of members) books.members.add(getAddress(member));
  if (books.members.size < members.length || books.members.has(ZeroAddress)) {
    judgement.violate('CONSTITUTION', 'A member is named twice, or is the zero address.');
  }
  if (!effects.has('PhaseStarted')) judgement.violate('PHASE_ORDER', 'No phase began with the constitution.');
  enter(judgement, effects, 'forming', 0);
}

/** INIT, or a change of a registration. */
export function judgeRegistration(judgement: Judgement, event: EventOf<'Registered'>, effects: Effects): void {
  const { books, block } = judgement;
  const { party, account, registration } = event;
  const known = books.ids.get(account);
  if (books.phase === 'closed')
    judgement.violate('REGISTRATION', `${account} registered after the ledger closed.`, party);
  if (party !== (known ?? books.parties.length)) {
    judgement.violate(
      'REGISTRATION',
      `${account} was registered as party ${party}, not ${known ?? books.parties.length}.`,
      party,
    );
    if (known !== undefined || books.parties[party] !== undefined) return;
  }
  if (books.former.has(account))
    judgement.violate('REGISTRATION', `${account} registered though another account had taken over from it.`, party);
  judgeFields(judgement, party, registration);
  judgePeer(judgement, party, registration.peerId);
  const isIn = known !== undefined && has(books.credible | books.pending, party);
  if (!isIn) judgeEntry(judgement, party, account);
  const { examples, samples } = registration;
  const entry = books.parties[party];
  const changed = !isIn || entry?.examples !== examples || entry.samples !== samples;
  if (entry === undefined) {
    books.parties[party] = { account, points: 0n, minted: 0n, examples, samples, cap: 0, registeredAt: block };
    books.ids.set(account, party);
  } else Object.assign(entry, { examples, samples, registeredAt: block });
  judgement.record.registered(party, account, registration, isIn);
  if (changed) books.pending |= 1n << BigInt(party);
  if (isIn || books.phase !== 'forming') return;
  books.credible |= 1n << BigInt(party);
  if (sizeOf(books.credible) >= factsOf(books).startParties) endNow(judgement, effects);
}

function judgeFields(judgement: Judgement, party: number, registration: ChainRegistration): void {
  const { peerId, location, maskKey, encryptionKey, examples, samples } = registration;
  const peerIdBytes = peerId.length / 2 - 1;
  const locationBytes = Buffer.byteLength(location);
  const wrong = [
    ...(peerIdBytes < 1 || peerIdBytes > 64 ? ['peerId'] : []),
    ...(locationBytes < 1 || locationBytes > 256 || /[^\x20-\x7e]/.test(location) ? ['location'] : []),
    ...(maskKey === ZeroHash ? ['maskKey'] : []),
    ...(encryptionKey === ZeroHash ? ['encryptionKey'] : []),
    ...(examples < 1 ? ['examples'] : []),
    ...(samples < 1 || samples > examples ? ['samples'] : []),
  ];
  if (wrong.length > 0)
    judgement.violate('REGISTRATION', `Party ${party} registered with wrong ${wrong.join(', ')}.`, party);
}

/** A peer id is one party's, for ever: otherwise the one could pass for the other. */
function judgePeer(judgement: Judgement, party: number, peerId: string): void {
  const { peers } = judgement.books;
  const owner = peers.get(peerId);
  if (owner === undefined) peers.set(peerId, party);
  else if (owner !== party)
    judgement.violate('PEER_ID', `Party ${party} registered the peer id ${peerId} of party ${owner}.`, party);
}

/** Judges that an account may come in. */
function judgeEntry(judgement: Judgement, party: number, account: string): void {
  const { books } = judgement;
  const { maxParties } = factsOf(books);
  if (has(books.removed, party)) judgement.violate('REGISTRATION', `Party ${party} was removed and came back.`, party);
  if (party >= maxParties) judgement.violate('REGISTRATION', `Party ${party} is one more than ${maxParties}.`, party);
  const signer = invitedBy(judgement, account);
  if (signer !== undefined) {
    const inviter = books.ids.get(signer);
    const isGone = inviter !== undefined && !has(books.credible | books.pending, inviter);
    if (books.members.has(signer) && !isGone) return;
    judgement.violate(
      'INVITATION',
      `${account} joined on the invitation of ${signer}, no member in good standing.`,
      party,
    );
    return;
  }
  if (books.members.has(account)) return;
  const votes = sizeOf((books.vouchers.get(account) ?? 0n) & books.credible);
  const needed = Math.floor(sizeOf(books.credible) / 2) + 1;
  if (votes >= needed) return;
  judgement.violate(
    'INVITATION',
    `${account} joined without an invitation and with ${votes} of ${needed} votes.`,
    party,
  );
}

/** Who signed the invitation in the call, if there is one; the zero address when it is no valid signature. */
function invitedBy(judgement: Judgement, account: string): string | undefined {
  const { call } = judgement;
  const invitation = call?.name === 'init' ? call.args.getValue('invitation') : undefined;
  if (invitation === undefined || invitation.signature === '0x') return undefined;
  return signerOf(judgement, 'Invitation', { account, expires: invitation.expires }, invitation.signature);
}

/** Who signed a statement about an account; the zero address when it is no valid signature, or no longer valid. */
function signerOf(
  { chainId, contract, time }: Judgement,
  statement: 'Invitation' | 'Succession',
  value: { readonly account: string; readonly expires: bigint },
  signature: string,
): string {
  const types = {
    [statement]: [
      { name: 'account', type: 'address' },
      { name: 'expires', type: 'uint64' },
    ],
  };
  const domain = { name: 'DPPDL', version: '1', chainId, verifyingContract: contract };
  try {
    return BigInt(time) > value.expires ? ZeroAddress : verifyTypedData(domain, types, value, signature);
  } catch {
    return ZeroAddress;
  }
}

/** A vote to let an account in. */
export function judgeVouch(judgement: Judgement, { party, account }: EventOf<'Vouched'>): void {
  const { books } = judgement;
  if (!has(books.credible, party) || books.phase === 'forming' || books.phase === 'closed') {
    judgement.violate('VOUCH', `Party ${party} voted for ${account} though it may not vote now.`, party);
  }
  books.vouchers.set(account, (books.vouchers.get(account) ?? 0n) | (1n << BigInt(party)));
  judgement.record.vouched(party, account);
}

/** Another account becomes a party's. */
export function judgeSuccession(judgement: Judgement, { party, former, account }: EventOf<'TakenOver'>): void {
  const { books, call } = judgement;
  const entry = books.parties[party];
  const wrong = (message: string) => judgement.violate('SUCCESSION', message, party);
  if (entry?.account !== former) {
    wrong(`${account} took party ${party} over from ${former}; its account was ${entry?.account ?? 'nobody'}.`);
  }
  if (books.ids.has(account) || books.former.has(account)) {
    wrong(`${account}, which is or was a party’s account, took party ${party} over.`);
  }
  // Where the account is a contract, what it was handed does not stand in the transaction.
  if (call?.name === 'takeOver') {
    const value = { account, expires: call.args.getValue('expires') };
    const signer = signerOf(judgement, 'Succession', value, call.args.getValue('signature'));
    if (signer !== former) wrong(`${account} took party ${party} over without the valid consent of ${former}.`);
  }
  if (entry === undefined) return;
  books.ids.delete(entry.account);
  books.former.add(entry.account);
  if (books.members.delete(entry.account)) books.members.add(account);
  entry.account = account;
  books.ids.set(account, party);
  judgement.record.succeeded(party, former, account);
}

/** A party leaves. */
export function judgeResignation(judgement: Judgement, event: EventOf<'Resigned'>, effects: Effects): void {
  const { books } = judgement;
  const { party } = event;
  const bit = 1n << BigInt(party);
  if ((books.credible & bit) === 0n || books.phase === 'closed' || event.round !== books.round) {
    judgement.violate('RESIGNATION', `Party ${party} resigned for round ${event.round} though it cannot now.`, party);
  }
  withdraw(judgement, effects, party);
  books.credible &= ~bit;
  books.pending &= ~bit;
  judgement.record.resigned(party);
  endIfComplete(judgement, effects);
}
