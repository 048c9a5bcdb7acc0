/**
 * The libp2p side of a party: TCP, noise and yamux, open to registered parties only, as the `Exchange` port.
 * @module
 */
import { privateKeyFromRaw } from '@libp2p/crypto/keys';
import type { Libp2p } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { ed25519 } from '@noble/curves/ed25519.js';
import { createLibp2p } from 'libp2p';
import type { Exchange, ExchangeHandlers } from '../algorithm/ports.ts';
import type { PartyId } from '../types.ts';
import { listenFailure, parseAddress, reachable } from './addresses.ts';
import { ask } from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import { createConnectionGater, type Directory } from './directory.ts';
import { ExchangeError } from './errors.ts';
import { decodeStatus, type PeerStatus, type Question, type ResponseCode } from './messages.ts';
import { type Protocol, type ProtocolName, protocols } from './protocols.ts';
import { createRequests } from './requests.ts';
import { serveProtocols } from './server.ts';

/** How a peer is set up. */
export interface PeerOptions {
  /** Secret seed of the node's ed25519 key; 32 bytes. */
  readonly seed: Uint8Array;
  /** Multiaddrs to listen on, e.g. `/ip4/0.0.0.0/tcp/4001`; port 0 takes a free one. */
  readonly listen: readonly string[];
  /** Multiaddrs others reach this node at, where they differ (port forwarding, container). */
  readonly announce?: readonly string[];
  /** Changes to the protocols table, for slow networks and for tests. */
  readonly protocols?: Partial<Record<ProtocolName, Partial<Omit<Protocol, 'name' | 'id'>>>>;
}

/** What a peer tells about its work; no secrets, and of remote parties only what libp2p has verified. */
export interface PeerLog {
  debug(message: string, context: Readonly<Record<string, string | number>>): void;
}

/** What a peer needs of others. */
export interface PeerDependencies {
  readonly directory: Directory;
  /** The round this party is in, told to others by the status protocol; 0 if absent. */
  readonly round?: () => number;
  readonly log?: PeerLog;
  readonly clock?: Clock;
}

/** Counts since the peer was created, for metrics. */
export interface PeerCounters {
  /** Answers given, by code; DROPPED are requests that ended without one. */
  readonly answers: Readonly<Record<ResponseCode | 'DROPPED', number>>;
  /** Connections refused because nobody registered the peer id. */
  readonly strangers: number;
  /** Own attempts that brought no answer and were repeated. */
  readonly failedAttempts: number;
}

/** A party's libp2p node. */
export interface Peer extends Exchange {
  /** The peer id to register, in text form. */
  readonly peerId: string;
  /**
   * Starts to listen.
   * @throws ExchangeError `ADDRESS_IN_USE`, `ADDRESS_INVALID`
   */
  start(): Promise<void>;
  /** Ends all requests, closes all connections and stops to listen. */
  stop(): Promise<void>;
  /** Where this node can be reached, without its peer id; addresses of other machines' use come first. */
  addresses(): readonly string[];
  /** Asks a party how it is; for checks before a run. */
  status(party: PartyId, signal: AbortSignal): Promise<PeerStatus>;
  counters(): PeerCounters;
}

/** Most parties of a consortium, and with it the scale of connection limits. */
const maxParties = 256;
/** Most connections of one party; two arise when both sides dial at once, more are left over from lost ones. */
const maxConnectionsPerParty = 4;
/** Longest handshake with a busy party; milliseconds. */
const handshakeMs = 15_000;

/** libp2p peer id of a node key's 32-byte seed, in text form. */
export function peerIdOf(seed: Uint8Array): string {
  return String(peerIdFromPrivateKey(privateKeyOf(seed)));
}

function privateKeyOf(seed: Uint8Array) {
  return privateKeyFromRaw(Buffer.concat([seed, ed25519.getPublicKey(seed)]));
}

/**
 * Creates a peer; nothing runs before `start`.
 *
 * @example
 * const peer = createPeer({ seed, listen: ['/ip4/0.0.0.0/tcp/4001'] }, { directory: () => parties });
 * await peer.start();
 * const blob = await peer.blob(provider, round, AbortSignal.timeout(60_000));
 */
export function createPeer(options: PeerOptions, deps: PeerDependencies): Peer {
  const { directory, clock = systemClock, log } = deps;
  const table = mergeProtocols(options.protocols);
  const privateKey = privateKeyOf(options.seed);
  const peerId = String(peerIdFromPrivateKey(privateKey));
  const traffic = { sent: 0, received: 0 };
  const answers = { OK: 0, NOT_READY: 0, REFUSED: 0, RATE_LIMITED: 0, MALFORMED: 0, FAILED: 0, DROPPED: 0 };
  let strangers = 0;
  let failedAttempts = 0;
  let handlers: ExchangeHandlers | undefined;
  let running: { readonly node: Libp2p; readonly stop: AbortController } | undefined;

  const gater = createConnectionGater(directory, (stranger) => {
    strangers += 1;
    log?.debug('Refused a stranger', { peerId: stranger });
  });
  const client = {
    node() {
      if (running === undefined) throw stopped();
      return running.node;
    },
    directory,
    clock,
    traffic,
    onFailedAttempt(party: PartyId, protocol: Protocol, failure: string) {
      failedAttempts += 1;
      log?.debug('Attempt failed', { party, protocol: protocol.name, failure });
    },
  };

  async function start(): Promise<void> {
    if (running !== undefined) return;
    const listen = options.listen.map(parseAddress);
    options.announce?.map(parseAddress);
    const stop = new AbortController();
    const node = await createLibp2p({
      start: false,
      privateKey,
      addresses: { listen: listen.map(String), announce: [...(options.announce ?? [])] },
      transports: [
        tcp({ dialOpts: { noDelay: true, keepAlive: true }, listenOpts: { noDelay: true, keepAlive: true } }),
      ],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux({ maxInboundStreams: 128, maxEarlyStreams: 16 })],
      connectionGater: gater,
      connectionManager: {
        maxConnections: 4 * maxParties,
        // Parties may share a host or an address translator, so limits per host are limits for all of them.
        inboundConnectionThreshold: maxParties,
        maxIncomingPendingConnections: maxParties,
        // All parties dial each other when a round begins: few at a time, and patient with busy ones.
        maxParallelDials: 16,
        addressDialTimeout: handshakeMs,
        inboundUpgradeTimeout: handshakeMs,
      },
      // Dead connections are found by the requests that time out on them; a node busy training is not a dead one.
      connectionMonitor: { enabled: false },
    });
    await serveProtocols(
      node,
      {
        directory,
        clock,
        traffic,
        protocols: Object.values(table),
        handlers: () => handlers,
        round: deps.round ?? (() => 0),
        onAnswered(party, protocol, code) {
          answers[code] += 1;
          log?.debug('Answered', { party: party ?? -1, protocol: protocol.name, code });
        },
      },
      stop.signal,
    );
    node.addEventListener('connection:open', ({ detail: { remotePeer } }) => {
      const [oldest, ...others] = node.getConnections(remotePeer).sort((a, b) => a.timeline.open - b.timeline.open);
      if (others.length >= maxConnectionsPerParty) oldest.abort(new Error('too many connections'));
    });
    try {
      await node.start();
    } catch (error) {
      await node.stop();
      throw listenFailure(error, options.listen);
    }
    running = { node, stop };
  }

  async function stop(): Promise<void> {
    const was = running;
    running = undefined;
    was?.stop.abort(stopped());
    await was?.node.stop();
  }

  function request(party: PartyId, question: Question, signal: AbortSignal, exactly?: number): Promise<Uint8Array> {
    const stopping = running?.stop.signal ?? AbortSignal.abort(stopped());
    return ask(client, party, table[question.name], question, AbortSignal.any([signal, stopping]), exactly);
  }

  const body = new Uint8Array(0);
  return {
    peerId,
    start,
    stop,
    addresses: () => (running === undefined ? [] : reachable(running.node.getMultiaddrs())),
    counters: () => ({ answers: { ...answers }, strangers, failedAttempts }),
    traffic: () => ({ ...traffic }),
    serve(given) {
      handlers = given;
    },
    ...createRequests(request),
    status: async (party, signal) => decodeStatus(await request(party, { name: 'status', header: {}, body }, signal)),
  };
}

function mergeProtocols(changes: PeerOptions['protocols'] = {}): Record<ProtocolName, Protocol> {
  const row = (name: ProtocolName): Protocol => ({ ...protocols[name], ...changes[name] });
  return {
    samples: row('samples'),
    labels: row('labels'),
    blob: row('blob'),
    seed: row('seed'),
    evidence: row('evidence'),
    status: row('status'),
  };
}

function stopped(): ExchangeError {
  return new ExchangeError('STOPPED', 'The peer is not running.', { fault: 'self' });
}
