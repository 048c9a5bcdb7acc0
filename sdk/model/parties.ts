/**
 * INIT, its changes, votes for newcomers, succession, resignation.
 * @module
 */
import { recoverAddress, TypedDataEncoder, ZeroAddress } from 'ethers';
import type { PartyId } from '../../node/types.ts';
import { type Statement, typedDataOf } from '../typedData.ts';
import type { ChainRegistration, Invitation, Signed } from '../types.ts';
import { endIfComplete, endPhase, refund } from './rounds.ts';
import {
  type Call,
  credibleSenderOf,
  credibleSet,
  idOf,
  type ModelState,
  refuse,
  refusePhase,
  senderOf,
} from './state.ts';

/** INIT. @returns the sender's id. */
export function init(state: ModelState, call: Call, registration: ChainRegistration, invitation: Invitation): PartyId {
  if (state.phase === 'closed') refusePhase(state);
  requireInvited(state, call, invitation);
  const known = idOf(state, call.sender);
  const { maxParties, startParties } = state.facts;
  if (known !== undefined) {
    const { credible, pending, removed } = state.parties[known];
    if (credible || pending || removed) refuse('PartiesAlreadyRegistered', call.sender);
  } else if (state.former.has(call.sender)) refuse('PartiesAlreadyRegistered', call.sender);
  else if (state.parties.length === maxParties) refuse('PartiesFull', maxParties);
  const id = known ?? state.parties.length;
  requireValid(registration);
  takePeerId(state, id, registration.peerId);
  const forming = state.phase === 'forming';
  const fresh = { account: call.sender, points: 0n, minted: 0n, cap: 0, removed: false };
  state.parties[id] = {
    ...(state.parties[id] ?? fresh),
    registration,
    registeredAt: call.block,
    pending: true,
    credible: forming,
  };
  state.events.push({ name: 'Registered', party: id, account: call.sender, registration });
  if (forming && credibleSet(state).length >= startParties) endPhase(state, call);
  return id;
}

/** Replaces the sender's registration; new numbers of data wait for the next round. */
export function update(state: ModelState, call: Call, registration: ChainRegistration): void {
  if (state.phase === 'closed') refusePhase(state);
  const id = senderOf(state, call);
  const party = state.parties[id];
  if (!party.credible && !party.pending) refuse('CredibleSetNotMember', id);
  requireValid(registration);
  takePeerId(state, id, registration.peerId);
  const { examples, samples } = party.registration;
  if (registration.examples !== examples || registration.samples !== samples) party.pending = true;
  party.registration = registration;
  party.registeredAt = call.block;
  state.events.push({ name: 'Registered', party: id, account: call.sender, registration });
}

/** Votes to let an account in. */
export function vouch(state: ModelState, call: Call, account: string): void {
  const id = credibleSenderOf(state, call);
  if (state.phase === 'forming' || state.phase === 'closed') refusePhase(state);
  state.vouchers.set(account, new Set([...(state.vouchers.get(account) ?? []), id]));
  state.events.push({ name: 'Vouched', party: id, account });
}

/** Makes the sender the account of the party whose account signed for it. */
export function takeOver(state: ModelState, call: Call, consent: Signed): void {
  if (call.time > consent.expires) refuse('SuccessionExpired', consent.expires, call.time);
  const former = signerOf(state, 'Succession', call.sender, consent);
  const id = idOf(state, former) ?? refuse('SuccessionInvalidSigner', former);
  const isKnown = idOf(state, call.sender) !== undefined || state.former.has(call.sender);
  if (isKnown) refuse('PartiesAlreadyRegistered', call.sender);
  state.parties[id].account = call.sender;
  state.former.add(former);
  if (state.members.delete(former)) state.members.add(call.sender);
  state.events.push({ name: 'TakenOver', party: id, former, account: call.sender });
}

/** Leaves the credible set at once. */
export function resign(state: ModelState, call: Call): void {
  const id = credibleSenderOf(state, call);
  if (state.phase === 'closed') refusePhase(state);
  state.events.push({ name: 'Resigned', round: state.round, party: id });
  if (state.phase === 'order') {
    refund(state, id, (order) => order.requester === id);
    state.orders = state.orders.filter((order) => order.requester !== id);
  }
  if (state.phase === 'order' || (state.phase === 'deliver' && !state.acted.has(id))) {
    for (const requester of state.parties.keys()) {
      refund(state, requester, (order) => order.requester === requester && order.provider === id);
    }
  }
  Object.assign(state.parties[id], { credible: false, pending: false });
  state.acted.delete(id);
  endIfComplete(state, call);
}

function requireInvited(state: ModelState, call: Call, invitation: Invitation): void {
  if (invitation.signature !== '0x') {
    const { expires } = invitation;
    if (call.time > expires) refuse('InvitationExpired', expires, call.time);
    const signer = signerOf(state, 'Invitation', call.sender, invitation);
    const id = idOf(state, signer);
    const gone = id !== undefined && !state.parties[id].credible && !state.parties[id].pending;
    if (!state.members.has(signer) || gone) refuse('InvitationInvalidSigner', signer);
    return;
  }
  if (state.members.has(call.sender)) return;
  const credible = credibleSet(state);
  const votes = credible.filter((id) => state.vouchers.get(call.sender)?.has(id)).length;
  const needed = Math.floor(credible.length / 2) + 1;
  if (votes < needed) refuse('PartiesNotInvited', call.sender, votes, needed);
}

/** Half of secp256k1's order; a signature's s is at most this (EIP-2). */
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** Who signed a statement for an account; the zero address for what is no signature. */
function signerOf(state: ModelState, statement: Statement, account: string, { expires, signature }: Signed): string {
  if (signature.length !== 2 + 2 * 65) return ZeroAddress;
  const r = signature.slice(0, 66);
  const s = `0x${signature.slice(66, 130)}`;
  const v = Number.parseInt(signature.slice(130), 16);
  if (BigInt(s) > halfOrder) return ZeroAddress;
  if (v !== 27 && v !== 28) return ZeroAddress;
  const { domain, types } = typedDataOf(statement, state);
  try {
    return recoverAddress(TypedDataEncoder.hash(domain, types, { account, expires }), { r, s, v });
  } catch {
    return ZeroAddress; // r is no point of the curve; the chain's ecrecover gives zero as well
  }
}

/** Printable ASCII alone, which every reader can decode. */
export function isPrintable(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** Gives a peer id to a party for ever; refuses one that is, or once was, another's. */
function takePeerId(state: ModelState, id: PartyId, peerId: string): void {
  const holder = state.peers.get(peerId) ?? id;
  if (holder !== id) refuse('PartiesPeerIdTaken', holder);
  state.peers.set(peerId, id);
}

const zeroKey = `0x${'00'.repeat(32)}`;

function requireValid(registration: ChainRegistration): void {
  const { peerId, location, maskKey, encryptionKey, examples, samples } = registration;
  const peerIdBytes = (peerId.length - 2) / 2;
  const locationBytes = Buffer.byteLength(location);
  const refuseField = (field: keyof ChainRegistration, given: number) =>
    refuse('PartiesInvalidRegistration', field, given);
  if (peerIdBytes < 1 || peerIdBytes > 64) refuseField('peerId', peerIdBytes);
  if (locationBytes < 1 || locationBytes > 256 || !isPrintable(location)) refuseField('location', locationBytes);
  if (maskKey === zeroKey) refuseField('maskKey', 0);
  if (encryptionKey === zeroKey) refuseField('encryptionKey', 0);
  if (examples < 1) refuseField('examples', examples);
  if (samples < 1 || samples > examples) refuseField('samples', samples);
}
