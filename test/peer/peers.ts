/**
 * Peers on loopback for the tests of this folder.
 * @module
 */
import { setImmediate as turn } from 'node:timers/promises';
import { privateKeyFromRaw } from '@libp2p/crypto/keys';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { ed25519 } from '@noble/curves/ed25519.js';
import { createLibp2p, type Libp2p } from 'libp2p';
import type { Clock } from '../../node/peer/clock.ts';
import type { DirectoryEntry } from '../../node/peer/directory.ts';
import { createPeer, type Peer, type PeerDependencies, type PeerOptions, peerIdOf } from '../../node/peer/peer.ts';

/** A seed of its own for each party of a test. */
export const seedOf = (party: number) => new Uint8Array(32).fill(party + 1);

/** A clock that stands still until it is moved; pauses between attempts take no time, waits for handlers never end. */
export function createTestClock(): Clock & { advance(ms: number): void } {
  let time = 0;
  return {
    now: () => time,
    advance(ms) {
      time += ms;
    },
    async sleep(ms, signal) {
      if (ms < 10_000) await turn();
      else await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      signal.throwIfAborted();
    },
  };
}

/** Peers that know each other through one directory. */
export class Neighbourhood {
  readonly directory = new Map<number, DirectoryEntry>();
  readonly #running: { stop(): Promise<void> | void }[] = [];

  /** Starts the peer of a party and registers it. */
  async start(
    party: number,
    { options = {}, deps = {} }: { options?: Partial<PeerOptions>; deps?: Partial<PeerDependencies> } = {},
  ): Promise<Peer> {
    const peer = createPeer(
      { seed: seedOf(party), listen: ['/ip4/127.0.0.1/tcp/0'], ...options },
      { directory: () => this.directory, ...deps },
    );
    await peer.start();
    this.#running.push(peer);
    this.directory.set(party, { peerId: peer.peerId, address: peer.addresses()[0] });
    return peer;
  }

  /** Starts a bare libp2p node with a party's key, to misbehave with; `register` false makes it a stranger. */
  async startBare(party: number, register = true): Promise<Libp2p> {
    const seed = seedOf(party);
    const node = await createLibp2p({
      privateKey: privateKeyFromRaw(Buffer.concat([seed, ed25519.getPublicKey(seed)])),
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionGater: { denyDialMultiaddr: () => false },
    });
    this.#running.push(node);
    if (register) this.directory.set(party, { peerId: peerIdOf(seed), address: String(node.getMultiaddrs()[0]) });
    return node;
  }

  /** Stops everything. */
  async end(): Promise<void> {
    await Promise.all(this.#running.map((each) => each.stop()));
  }
}
