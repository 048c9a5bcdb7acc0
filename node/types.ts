/**
 * The vocabulary every folder shares: who takes part, what they hold, and the shapes of the numbers that move.
 * @module
 */

/** A party's place in the ledger's register, in order of INIT: 0 ≤ id < n. */
export type PartyId = number;

/** Where the consortium stands. `order → deliver → evaluate` is one round; round 0 is `benchmark` alone. */
export type Phase = 'forming' | 'benchmark' | 'order' | 'deliver' | 'evaluate' | 'closed';

/** Labelled training or test data. */
export interface Examples {
  /** Inputs, row after row, normalised as the consortium file says; float32 [N × F], F = product of `shape`. */
  readonly inputs: Float32Array;
  /** Class of each row; uint8 [N], 0 ≤ label < `classes`. */
  readonly labels: Uint8Array;
  /** Shape of one input: [height, width, channels] for pictures, [features] for tables. */
  readonly shape: readonly number[];
  /** Number of classes. */
  readonly classes: number;
}

/** Generated, published, unlabelled data on which parties are rated. */
export interface Samples {
  /** Inputs in the same units as {@link Examples.inputs}; float32 [u × F]. */
  readonly inputs: Float32Array;
  /** Shape of one input. */
  readonly shape: readonly number[];
}

/** What publishing a party's samples cost in privacy; what INIT states about it. */
export interface PrivacyStatement {
  /** Which generator made the samples. */
  readonly generator: 'dpgan' | 'gaussian';
  /** ε of (ε, δ)-differential privacy for the whole release. */
  readonly epsilon: number;
  /** δ of the same. */
  readonly delta: number;
  /** What the guarantee is about: one original record, added or removed. */
  readonly unit: 'record';
}

/** What a party states when it registers (the paper's init transaction). */
export interface Registration {
  /** libp2p peer id (ed25519) of the party's node, in its text form. */
  readonly peerId: string;
  /** Where the node listens, as a multiaddr without the peer id, e.g. `/ip4/10.0.0.7/tcp/4001`. */
  readonly address: string;
  /** X25519 public key for pairwise keystreams (layer 1); 32 bytes. */
  readonly maskKey: Uint8Array;
  /** X25519 public key to which layer 3 wraps until a DOWNLOAD brings a newer one; 32 bytes. */
  readonly encryptionKey: Uint8Array;
  /** |D_i|: number of training examples, self-declared, ≥ 1. */
  readonly examples: number;
  /** u_i: number of published samples, 1 ≤ u_i ≤ |D_i|; λ_i = u_i / |D_i|. */
  readonly samples: number;
  /** SHA-256 of the published samples' bytes; 32 bytes. */
  readonly samplesHash: Uint8Array;
  /** What the samples cost in privacy. */
  readonly privacy: PrivacyStatement;
}

/** A registered party as the ledger knows it now. */
export interface Party extends Registration {
  readonly id: PartyId;
  /** The ledger account, checksummed 0x… address. */
  readonly account: string;
  /** Whether it is in the credible set C. */
  readonly credible: boolean;
  /** p_i: points free to spend. */
  readonly points: bigint;
  /** Points locked in this round's unfilled orders. */
  readonly escrow: bigint;
  /** ⌊λ_j·|w|⌋ as it counts in this round: the most entries it gives to one requester; a new INIT counts from the next round. */
  readonly cap: number;
  /** Whether it has done its part of the current phase. */
  readonly acted: boolean;
}

/** One DOWNLOAD line: `requester` asks `provider` for `count` gradient entries. */
export interface Order {
  readonly requester: PartyId;
  readonly provider: PartyId;
  /** d_i^j, 1 ≤ count ≤ ⌊λ_j·|w|⌋. */
  readonly count: number;
}

/** One UPLOAD line: `provider` commits to the blob that fills `requester`'s order. */
export interface Delivery {
  readonly provider: PartyId;
  readonly requester: PartyId;
  /** SHA-256 of the blob; 32 bytes. */
  readonly commitment: Uint8Array;
}

/** One exchange by its place: what `provider` gave to `requester` in a round. */
export interface ExchangePlace {
  readonly round: number;
  readonly provider: PartyId;
  readonly requester: PartyId;
}

/** What a requester says about a delivery it paid for. */
export type Complaint = 'notDelivered' | 'doesNotOpen';

/** Where a claim stands: the first two are open, the others final. */
export type ClaimStatus = 'filed' | 'answered' | 'upheld' | 'rejected' | 'undecided';

/** A requester's claim about a recorded delivery (paper, §3.2), as the ledger has it. */
export interface Claim extends ExchangePlace {
  /** The ledger's number for it. */
  readonly id: bigint;
  readonly complaint: Complaint;
  readonly status: ClaimStatus;
  /** SHA-256 of the blob in question; 32 bytes. */
  readonly commitment: Uint8Array;
  /** Last second at which it can be answered (`filed`) or voted on (`answered`); Unix time. */
  readonly deadline: number;
  /** The blob's fresh key, 32 bytes, once the provider has revealed it. */
  readonly key: Uint8Array | undefined;
  /** Who voted that the requester is right, and who voted that it is not. */
  readonly votesFor: readonly PartyId[];
  readonly votesAgainst: readonly PartyId[];
}

/** What binds every key, keystream and blob to one exchange, so that nothing can be replayed elsewhere. */
export interface ExchangeContext {
  /** EVM chain id. */
  readonly chainId: bigint;
  /** The ledger contract, 0x… address. */
  readonly contract: string;
  /** Round, ≥ 1. */
  readonly round: number;
}
