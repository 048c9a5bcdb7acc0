/**
 * Who may connect: the registered parties, and nobody else.
 * @module
 */
import type { ConnectionGater, PeerId } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import type { PartyId } from '../types.ts';

/** Where a party's node is, as its INIT (or a later update) states. */
export interface DirectoryEntry {
  /** libp2p peer id in text form. */
  readonly peerId: string;
  /** Multiaddr, with or without the `/p2p/…` part. */
  readonly address: string;
}

/** The registered parties as the ledger knows them now; read anew for every connection and request. */
export type Directory = () => ReadonlyMap<PartyId, DirectoryEntry>;

/** The party a peer id belongs to, or undefined for strangers. */
export function partyOf(directory: Directory, peer: PeerId | string): PartyId | undefined {
  const text = String(peer);
  for (const [party, entry] of directory()) {
    if (entry.peerId === text) return party;
  }
  return undefined;
}

/**
 * The allow-list of connections. An inbound peer is known only after the noise handshake has proved its key, and is
 * dropped there, before a stream can be opened.
 * @param onRefused - told of every inbound stranger.
 */
export function createConnectionGater(directory: Directory, onRefused: (peerId: string) => void): ConnectionGater {
  const isStranger = (peer: PeerId) => partyOf(directory, peer) === undefined;
  return {
    denyDialPeer: isStranger,
    denyDialMultiaddr(address: Multiaddr) {
      const peer = address.getComponents().findLast((component) => component.name === 'p2p')?.value;
      return peer === undefined || partyOf(directory, peer) === undefined;
    },
    denyInboundEncryptedConnection(peer) {
      const refused = isStranger(peer);
      if (refused) onRefused(String(peer));
      return refused;
    },
    denyOutboundEncryptedConnection: isStranger,
    denyInboundRelayReservation: () => true,
    denyOutboundRelayedConnection: () => true,
  };
}
