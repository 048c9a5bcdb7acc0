/**
 * The ledger's records as the SDK shows them: names of IDppdl.sol; points and bitmaps as bigint, other integers as
 * number, enums as words, bytes as 0x… text. Schemas check and convert what the chain returns.
 * @module
 */
import { z } from 'zod';

/** Words of IDppdl's `Phase`, in its order. */
export const phases = ['forming', 'benchmark', 'order', 'deliver', 'evaluate', 'closed'] as const;
/** Words of `Generator`. */
export const generators = ['dpgan', 'gaussian'] as const;
/** Words of `Complaint`. */
export const complaints = ['notDelivered', 'doesNotOpen'] as const;
/** Words of `ClaimStatus`. */
export const claimStatuses = ['none', 'filed', 'answered', 'upheld', 'rejected', 'undecided'] as const;

/** What a requester says about a recorded delivery. */
export type Complaint = (typeof complaints)[number];
/** Where a claim stands. */
export type ClaimStatus = (typeof claimStatuses)[number];

const word = <const Words extends readonly string[]>(words: Words) =>
  z
    .bigint()
    .refine((index) => index < words.length)
    .transform((index): Words[number] => words[Number(index)]);
const hex = z.string();

/** An integer that fits a double exactly. */
export const number = z.bigint().transform(Number);
/** A `Phase`. */
export const phase = word(phases);
/** A `Complaint`. */
export const complaint = word(complaints);
/** A `ClaimStatus`. */
export const claimStatus = word(claimStatuses);

/** What is fixed for ever when the ledger is deployed; see IDppdl.sol for ranges. */
export const facts = z.object({
  consortiumHash: hex,
  parameterCount: number,
  rounds: number,
  graceRounds: number,
  removalPermille: number,
  minProviders: number,
  minParties: number,
  startParties: number,
  maxParties: number,
  formSeconds: number,
  benchmarkSeconds: number,
  orderSeconds: number,
  deliverSeconds: number,
  evaluateSeconds: number,
  answerSeconds: number,
  voteSeconds: number,
  claimDeposit: z.bigint(),
});
/** See {@link facts}. */
export type Facts = z.infer<typeof facts>;

/** What a party states about itself in INIT. */
export const registration = z.object({
  /** libp2p peer id as multihash bytes. */
  peerId: hex,
  location: z.string(),
  maskKey: hex,
  encryptionKey: hex,
  samplesHash: hex,
  examples: number,
  samples: number,
  generator: word(generators),
  /** ε in 1e-6. */
  epsilon: z.bigint(),
  /** δ in 1e-18. */
  delta: z.bigint(),
});
/** See {@link registration}. */
export type ChainRegistration = z.infer<typeof registration>;

/** The ledger at one block. */
export const state = z.object({
  phase,
  round: number,
  deadline: number,
  parties: number,
  credible: z.bigint(),
  acted: z.bigint(),
  pending: z.bigint(),
  minted: z.bigint(),
  escrow: z.bigint(),
  deposits: z.bigint(),
});
/** See {@link state}. */
export type ChainState = z.infer<typeof state>;

/** A party at one block. */
export const party = z.object({
  account: z.string(),
  credible: z.boolean(),
  points: z.bigint(),
  escrow: z.bigint(),
  minted: z.bigint(),
  examples: number,
  samples: number,
  cap: number,
  registeredAt: number,
});
/** See {@link party}. */
export type ChainParty = z.infer<typeof party>;

/** A claim at one block. */
export const claim = z.object({
  status: claimStatus,
  complaint,
  deadline: number,
  deposit: z.bigint(),
  bond: z.bigint(),
  commitment: hex,
  votesFor: z.bigint(),
  votesAgainst: z.bigint(),
});
/** See {@link claim}. */
export type Claim = z.infer<typeof claim>;

/** What an account signed off the chain for another one. */
export interface Signed {
  /** Last second at which it is good, Unix time. */
  readonly expires: number;
  /** r ‖ s ‖ v, 65 bytes. */
  readonly signature: string;
}

/** An invitation as `init` takes it; its signature is `0x` for members and those voted in. */
export type Invitation = Signed;

/** The id under which the ledger keeps the claim about one exchange. */
export function claimId(exchange: { round: number; requester: number; provider: number }): bigint {
  return (BigInt(exchange.round) << 16n) | (BigInt(exchange.requester) << 8n) | BigInt(exchange.provider);
}
