/**
 * How gradients travel, as the algorithm sees it: closed one by one, opened only as a sum. The onion implements it;
 * a simulation may pass the same fixed-point words in the clear.
 * @module
 */
import type { Order, Party, PartyId } from '../types.ts';
import type { ClosedBlob } from './ports.ts';

/** One requester's sum of one round, as the ledger has it: everybody who is asked to give to it. */
export interface SumRequest {
  readonly round: number;
  readonly requester: Party;
  /** The key that came with the requester's DOWNLOAD; 32 bytes. */
  readonly encryptionKey: Uint8Array;
  /** The requester's orders, by ascending provider. */
  readonly orders: readonly Order[];
  /** Public randomness of the round: nobody knows all of it before everybody has ordered; 32 bytes. */
  readonly beacon: Uint8Array;
  /** All registered parties, by id, with the mask keys they had when the round began. */
  readonly parties: readonly Party[];
  /** Every entry of the sum is clamped to ±clamp. */
  readonly clamp: number;
}

/** A seed by which `helper` helps to sum without `missing`. */
export interface RecoveredSeed {
  readonly helper: PartyId;
  readonly missing: PartyId;
  readonly seed: Uint8Array;
}

/** An X25519 key pair of one round; 32 bytes each. */
export interface RoundKey {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** One party's means of closing and opening. */
export interface Envelopes {
  /** Whether a party's keys can be used at all; one that registered others is neither asked nor served. */
  accepts(party: Party): boolean;
  /** Whether this party's mask key is the one it has in a sum; it is not in the round in which it changed its keys. */
  isKeyed(request: Pick<SumRequest, 'parties'>): Promise<boolean>;
  /** A fresh key pair to which one round's blobs are wrapped. */
  createRoundKey(): RoundKey;
  /**
   * Closes what this party gives to one sum: its d largest entries, in fixed point, in three layers.
   * @param gradient - Δw_j, float32 [D].
   * @returns the blob, and the fresh key that opens it to the masked words.
   */
  seal(request: SumRequest, gradient: Float32Array): Promise<ClosedBlob>;
  /** SHA-256 of a blob: what UPLOAD commits to; 32 bytes. */
  commitment(blob: Uint8Array): Uint8Array;
  /**
   * Opens a blob as far as one can: down to masked words.
   * @throws OnionError `AUTH_FAILED` (fault peer).
   */
  open(request: SumRequest, provider: PartyId, blob: Uint8Array, key: RoundKey): Promise<Uint32Array>;
  /** Whether its requester can open a blob as far as one can, judged by the fresh key its provider revealed in a claim. */
  opens(request: SumRequest, provider: PartyId, closed: ClosedBlob): Promise<boolean>;
  /** Who masks with whom in a sum, the requester included; nobody where nothing is masked. */
  graph(request: SumRequest): (member: PartyId) => readonly PartyId[];
  /** The seed this party shares with `missing` for this one sum; 32 bytes. Whether it may be given is serve.ts's to decide. */
  seed(request: SumRequest, missing: PartyId): Promise<Uint8Array>;
  /**
   * Adds up the words of those who delivered and takes the masks off the sum.
   * @param seeds - for every provider that did not deliver, those of its neighbours that did.
   * @returns Σ Δw̃_j, float32 [D].
   * @throws OnionError `GROUP_TOO_SMALL`, `SEED_MISSING`, `IMPLAUSIBLE` (all fault peer).
   */
  sum(
    request: SumRequest,
    delivered: ReadonlyMap<PartyId, Uint32Array>,
    seeds: readonly RecoveredSeed[],
  ): Promise<Float32Array>;
}
