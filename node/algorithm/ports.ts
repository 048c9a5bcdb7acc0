/**
 * What the algorithm needs from the world, as interfaces. The algorithm knows nothing else: adapters (WebAssembly
 * kernels, libp2p, ethers, SQLite …) implement these and the composition root passes them in.
 * @module
 */
import type {
  Claim,
  ClaimStatus,
  Complaint,
  Delivery,
  Examples,
  ExchangePlace,
  Order,
  Party,
  PartyId,
  Phase,
  PrivacyStatement,
  Registration,
  Samples,
} from '../types.ts';

/** How one call of {@link Learner.train} trains. */
export interface TrainOptions {
  /** Passes over the examples, ≥ 1. */
  readonly epochs: number;
  /** Examples per step, ≥ 1; the last step of an epoch may be smaller. */
  readonly batchSize: number;
  /** SGD step size applied to the mean gradient of a batch, > 0. */
  readonly learningRate: number;
  /** Seed of the order in which examples are visited, a 32-bit integer; the same seed gives the same result. */
  readonly seed: number;
}

/** One model family. Parameters are one flat vector, so that the algorithm can add them. */
export interface Learner {
  /** |w| = D: number of parameters. */
  readonly parameterCount: number;
  /** w0 of a seed: float32 [D], the same on every host. */
  initialise(seed: number): Float32Array;
  /**
   * Trains a copy; `parameters` is not changed.
   * @returns the parameters after training, float32 [D], all finite.
   * @throws LearnerError `SHAPE_MISMATCH`, `NOT_FINITE` (training diverged).
   */
  train(parameters: Float32Array, examples: Examples, options: TrainOptions): Promise<Float32Array>;
  /**
   * Predicts the most likely class of each row that `rows` names, in this order; of all unless given.
   * @param inputs - float32 [N × F]; must not change until the call is over.
   * @returns uint8 [rows].
   */
  label(parameters: Float32Array, inputs: Float32Array, rows?: Uint32Array): Promise<Uint8Array>;
}

/** Makes publishable samples from private examples, under differential privacy. */
export interface SampleGenerator {
  /** @param count - u_i, number of samples wanted, ≥ 1. */
  generate(examples: Examples, count: number): Promise<{ samples: Samples; privacy: PrivacyStatement }>;
}

/** Facts fixed when the ledger was deployed. */
export interface LedgerFacts {
  readonly chainId: bigint;
  /** Contract address, 0x…. */
  readonly contract: string;
  /** SHA-256 of the canonical consortium file; 32 bytes. */
  readonly consortiumHash: Uint8Array;
  /** |w|. */
  readonly parameterCount: number;
  /** Fewest providers a non-empty set of orders may name, ≥ 2. */
  readonly minProviders: number;
  /** Removals by vote take effect from this round on (and in round 0, the benchmark). */
  readonly graceRounds: number;
  /** Rounds after which the ledger closes. */
  readonly rounds: number;
  /** Points each side of a claim puts at stake. */
  readonly claimDeposit: bigint;
}

/** The ledger at one block. */
export interface LedgerState {
  readonly phase: Phase;
  /** 0 while forming and benchmarking, then 1 … rounds. */
  readonly round: number;
  /** When the phase may be ended by anyone; Unix seconds, 0 if never. */
  readonly deadline: number;
  /** All registered parties, by id. */
  readonly parties: readonly Party[];
  /** Points at stake in open claims. */
  readonly deposits: bigint;
  /** Points created so far; always Σ points + Σ escrow + deposits. */
  readonly minted: bigint;
}

/** The consortium's books. Every write is signed by this party's account and resolves once it is recorded. */
export interface Ledger {
  facts(): Promise<LedgerFacts>;
  state(): Promise<LedgerState>;
  /** This party's id, or undefined before INIT. */
  self(): Promise<PartyId | undefined>;
  /** INIT. @throws LedgerError `REVERTED` when not invited, already registered or no longer forming. */
  init(registration: Registration): Promise<PartyId>;
  /** DOWNLOAD: all of this party's orders of a round and the X25519 key their blobs are wrapped to. May be empty. */
  download(round: number, orders: readonly Omit<Order, 'requester'>[], encryptionKey: Uint8Array): Promise<void>;
  /** UPLOAD: all of this party's commitments of a round; moves the points. May be empty. */
  upload(round: number, deliveries: readonly Omit<Delivery, 'provider'>[]): Promise<void>;
  /** Ends this party's evaluation of a round by naming the parties it found of low quality. Round 0 is the benchmark. */
  report(round: number, lowContributors: readonly PartyId[]): Promise<void>;
  /** All orders of a round. */
  orders(round: number): Promise<readonly Order[]>;
  /** The key each requester gave with its DOWNLOAD of a round. */
  encryptionKeys(round: number): Promise<ReadonlyMap<PartyId, Uint8Array>>;
  /** All commitments recorded for a round so far. */
  deliveries(round: number): Promise<readonly Delivery[]>;
  /** All commitments of a round, or undefined while more may be recorded: its deliver phase is not over. */
  finalDeliveries(round: number): Promise<readonly Delivery[] | undefined>;
  /**
   * Everybody who was registered when a round (its order phase; the benchmark of round 0) began, as it was then; nobody
   * if it has not begun. What a party changes later counts from the next round on. Who was credible is told while the
   * round goes on.
   */
  atStart(round: number): Promise<ReadonlyMap<PartyId, StartingParty>>;
  /** All claims that are open, and those that ended since this was first asked, with where each stands. */
  claims(): Promise<readonly Claim[]>;
  /** Complains about a recorded delivery of this round, in its evaluate phase, once; puts this party's deposit at stake. */
  fileClaim(round: number, provider: PartyId, complaint: Complaint): Promise<void>;
  /** Reveals the fresh key of the blob in question and says where it can be had (printable, at most 256 bytes). */
  answerClaim(claim: bigint, key: Uint8Array, location: string): Promise<void>;
  /** Votes on an answered claim against others; true if its requester is right. */
  voteClaim(claim: bigint, upheld: boolean): Promise<void>;
  /** Ends a claim whose outcome is certain or whose window is over. */
  resolveClaim(claim: bigint): Promise<void>;
  /**
   * Waits until the ledger has gone on.
   * @param seen - what this returned last; 0 at first.
   * @returns a number that grows whenever something may have been recorded.
   * @throws the signal's reason when it aborts.
   */
  changed(seen: number, signal: AbortSignal): Promise<number>;
  /**
   * Waits until the ledger is at `phase` of `round` or past it, ending phases whose deadline has passed on the way.
   * @throws the signal's reason when it aborts.
   */
  reached(round: number, phase: Phase, signal: AbortSignal): Promise<LedgerState>;
}

/** Serves the other parties' requests to this one. Every method names who asks; the transport has authenticated it. */
export interface ExchangeHandlers {
  /** The published samples, as the bytes whose hash INIT states. */
  samples(requester: PartyId): Promise<Uint8Array>;
  /** Labels for rows `indices` of the requester's published samples, by this party's model of `round` (0: standalone). */
  labels(requester: PartyId, round: number, indices: Uint32Array): Promise<Uint8Array>;
  /** The blob this party committed to for the requester in `round`. */
  blob(requester: PartyId, round: number): Promise<Uint8Array>;
  /** The mask seed this party shares with `missing` for the requester's sum of `round`; 32 bytes. */
  maskSeed(requester: PartyId, round: number, missing: PartyId): Promise<Uint8Array>;
  /** The blob of an exchange about which a claim was filed, if this party has it. */
  evidence(asking: PartyId, place: ExchangePlace): Promise<Uint8Array>;
}

/**
 * Moves bytes between parties. Calls retry until `signal` aborts or the other side answers; a refusal by the other
 * side is an ExchangeError with fault `peer`, silence one with fault `network`.
 */
export interface Exchange {
  /** Starts to answer the others. */
  serve(handlers: ExchangeHandlers): void;
  samples(provider: PartyId, signal: AbortSignal): Promise<Uint8Array>;
  labels(labeller: PartyId, round: number, indices: Uint32Array, signal: AbortSignal): Promise<Uint8Array>;
  blob(provider: PartyId, round: number, signal: AbortSignal): Promise<Uint8Array>;
  maskSeed(helper: PartyId, round: number, missing: PartyId, signal: AbortSignal): Promise<Uint8Array>;
  evidence(holder: PartyId, place: ExchangePlace, signal: AbortSignal): Promise<Uint8Array>;
  /** Bytes on the wire since start. */
  traffic(): { readonly sent: number; readonly received: number };
}

/** A party at the start of a round. */
export type StartingParty = Pick<Party, 'maskKey' | 'examples' | 'samples' | 'credible'>;

/** This party's long-term X25519 secrets, kept behind functions so that they can live in a keystore. */
export interface Keys {
  readonly maskKey: Uint8Array;
  readonly encryptionKey: Uint8Array;
  /** X25519 of the mask secret with another party's mask key; 32 bytes, only ever fed to a key derivation. */
  agree(maskKey: Uint8Array): Uint8Array;
}

/** One thing computed from private data that leaves this party, though no differential privacy covers it. */
export interface Release {
  readonly round: number;
  /** Who gets it. */
  readonly to: PartyId;
  /** How many labels, or gradient entries. */
  readonly count: number;
}

/** The book of what leaves this party. Written before anything leaves; what it refuses does not leave. */
export interface Releases {
  /** @throws an error with code `OUT_OF_BUDGET` when more labels are asked for than this party wants to give. */
  labels(release: Release): Promise<void>;
  gradients(release: Release): Promise<void>;
}

/** What a party must not forget when its process dies. Each save is durable when it resolves. */
export interface Store {
  /** State at the end of the last finished round, or undefined at the start. */
  checkpoint(): Promise<Checkpoint | undefined>;
  saveCheckpoint(checkpoint: Checkpoint): Promise<void>;
  /** The samples as they were published. */
  publication(): Promise<Publication | undefined>;
  savePublication(publication: Publication): Promise<void>;
  /** The key pair of a round's DOWNLOAD, so that blobs still open after a restart. */
  roundKey(round: number): Promise<{ publicKey: Uint8Array; secretKey: Uint8Array } | undefined>;
  saveRoundKey(round: number, pair: { publicKey: Uint8Array; secretKey: Uint8Array }): Promise<void>;
  /** Forgets the round keys of rounds before `round`: past blobs can no longer be opened. */
  dropRoundKeys(round: number): Promise<void>;
  /** The blobs of a round. Saved before they are committed to: their keystreams are never used a second time. */
  blobs(round: number): Promise<ReadonlyMap<PartyId, KeptBlob> | undefined>;
  /** One of them, without reading the others. */
  blob(round: number, requester: PartyId): Promise<KeptBlob | undefined>;
  saveBlobs(round: number, blobs: ReadonlyMap<PartyId, ClosedBlob>): Promise<void>;
  /** Forgets the fresh keys of blobs of rounds before `round`, but of those in `except`. Blobs with keys are kept. */
  dropBlobKeys(round: number, except: ReadonlySet<number>): Promise<void>;
}

/** A blob as its provider closed it. */
export interface ClosedBlob {
  readonly blob: Uint8Array;
  /** The key that opens it down to masked words; 32 bytes. It answers a claim. */
  readonly key: Uint8Array;
}

/** A blob that was closed, with its key until that is forgotten. */
export interface KeptBlob {
  readonly blob: Uint8Array;
  readonly key: Uint8Array | undefined;
}

/** A party's state between rounds. */
export interface Checkpoint {
  /** Last finished round; 0 after the benchmark. */
  readonly round: number;
  /** w_i, float32 [D]. */
  readonly parameters: Float32Array;
  /** The same training with no exchange, float32 [D]. */
  readonly alone: Float32Array;
  /** c_i^j by party id, 0 for this party and for those outside C; sums to 1. */
  readonly credibility: readonly number[];
  /** Rounds in a row in which each party did not label, by party id. */
  readonly silence: readonly number[];
}

/** Published samples with their statement. */
export interface Publication {
  /** The bytes whose SHA-256 INIT states; see publication.ts. */
  readonly bytes: Uint8Array;
  readonly privacy: PrivacyStatement;
}

/** Turns the ledger's deadlines into signals. */
export interface Clock {
  /** Unix time in seconds. */
  now(): number;
  /** Aborts at a Unix time in seconds; never for 0. */
  until(time: number): AbortSignal;
}

/** Told what happens, for logs, metrics and live views. Carries no secrets, examples or gradients. */
export type Observer = (event: NodeEvent) => void;

/** What a node says while it runs; one JSON line each under `--json`. */
export type NodeEvent =
  | { type: 'started'; peerId: string; address: string; account: string; examples: number; backend: string }
  | { type: 'registered'; party: PartyId; samples: number; sharingLevel: number; privacy: PrivacyStatement }
  | { type: 'phase'; round: number; phase: Phase; deadline: number }
  | {
      type: 'benchmarked';
      party: PartyId;
      accuracy: number | null;
      credibility: readonly number[];
      reported: readonly PartyId[];
    }
  | RoundEvent
  | { type: 'removed'; round: number; party: PartyId }
  | ClaimEvent
  | { type: 'warning'; round: number; code: string; party: PartyId | null; message: string }
  | { type: 'finished'; party: PartyId; round: number; accuracy: number | null; accuracyAlone: number | null };

/** A step of a claim: one that the ledger shows, or this party's own vote. */
export interface ClaimEvent extends ExchangePlace {
  readonly type: 'claim';
  readonly complaint: Complaint;
  readonly step: ClaimStatus | 'votedFor' | 'votedAgainst';
  /** What this party is in it: one of its two sides, or one of the others, who judge. */
  readonly side: 'requester' | 'provider' | 'jury';
}

/** One finished round, seen by one party. */
export interface RoundEvent {
  readonly type: 'round';
  readonly party: PartyId;
  readonly round: number;
  /** Share of the test examples labelled right, 0 … 1; null without test data. */
  readonly accuracy: number | null;
  /** The same for the model trained alone. */
  readonly accuracyAlone: number | null;
  /** p_i after the round. */
  readonly points: string;
  /** Entries ordered from others, and entries received in the sum. */
  readonly ordered: number;
  readonly received: number;
  /** Providers that did not deliver; the sum is of the others. */
  readonly missing: readonly PartyId[];
  /** True if nothing could be added this round. */
  readonly skipped: boolean;
  readonly credibility: readonly number[];
  readonly reported: readonly PartyId[];
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Wall seconds by step. */
  readonly seconds: {
    readonly train: number;
    readonly order: number;
    readonly deliver: number;
    readonly evaluate: number;
  };
}
