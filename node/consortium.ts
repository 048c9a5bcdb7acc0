/**
 * The consortium file: everything all parties must share, in one schema. Its hash stands in the ledger, and a node
 * refuses to join with another.
 * @module
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';

const positiveInteger = z.int().min(1);
const seconds = z.int().min(1).max(86_400);
const parties = z.int().min(3).max(256);
const seed = z.int().min(0).max(0x7fffffff);
/** A value that moves geometrically from the first round to the last. */
const schedule = z.strictObject({ from: z.number().positive(), to: z.number().positive() });

const share = z.number().min(0).lt(1);
/** Step t of a training uses learningRate / (1 + decay·t); plain gradient descent if absent. */
const optimiser = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sgd'), momentum: share.optional(), decay: z.number().min(0).optional() }),
  z.strictObject({
    kind: z.literal('adam'),
    beta1: share.optional(),
    beta2: share.optional(),
    decay: z.number().min(0).optional(),
  }),
]);

/** The built-in model families and a developer's own. */
const model = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('mlp'),
    /** Units per layer: features, hidden layers (ReLU), classes; the last may be 1 for two classes and sigmoid. */
    layers: z.array(positiveInteger).min(2).max(16),
    /** Softmax if absent. */
    output: z.enum(['softmax', 'sigmoid']).optional(),
    /** Cross-entropy (binary, for sigmoid) if absent. */
    loss: z.enum(['crossEntropy', 'squared']).optional(),
    /** Probability that a training step switches a hidden unit off; 0 if absent. */
    dropout: share.optional(),
    optimiser: optimiser.optional(),
  }),
  z.strictObject({
    kind: z.literal('cnn'),
    channels: z.union([z.literal(1), z.literal(3)]),
    optimiser: optimiser.optional(),
  }),
  z.strictObject({
    kind: z.literal('layers'),
    /** SHA-256 of the canonical JSON of a TensorFlow.js Layers topology that ends in softmax; hexadecimal. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    optimiser: optimiser.optional(),
  }),
]);

/** Schema of the consortium file. Unknown keys are refused. */
export const consortiumSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().min(1).max(64),
  /** Model topology; the last layer has one unit per class. */
  model,
  /** Seed of w0. */
  seed,
  inputs: z.strictObject({
    /** Shape of one input: [height, width, channels] or [features]. */
    shape: z.array(positiveInteger).min(1).max(3),
    classes: z.int().min(2).max(256),
    /** Inputs are normalised as (x − mean) / stdDev, x in [0, 1] for pictures. */
    mean: z.number(),
    stdDev: z.number().positive(),
  }),
  /** Training of the standalone models before the benchmark (Algorithm 1, line 1). */
  benchmark: z.strictObject({
    epochs: positiveInteger,
    batchSize: positiveInteger,
    learningRate: z.number().positive(),
  }),
  /** Samples each party publishes at least; every rating uses u_i of them, drawn anew (publishing more costs no privacy). */
  publishedSamples: positiveInteger.max(100_000),
  /** Rounds of collaboration, and the local training of each. */
  rounds: z.int().min(1).max(100_000),
  training: z.strictObject({
    localEpochs: positiveInteger,
    batchSize: positiveInteger,
    learningRate: schedule,
    /** Start the rounds from w0 again instead of from the standalone model. */
    restart: z.boolean(),
  }),
  aggregation: z.strictObject({
    rule: z.enum(['sum', 'mean']),
    /**
     * What a party does with a sum that makes its model clearly worse on a tenth of its examples, which it keeps out of
     * training for that: takes half of it, or none. Every sum is taken, and everything trained on, if absent.
     */
    acceptance: z.enum(['halve', 'refuse']).optional(),
    /** Every exchanged entry is clamped to ±clamp. */
    clamp: schedule,
    /** Positive integer steps between 0 and the clamp: an entry takes one of 2·levels + 1 values. */
    levels: z.int().min(1).max(65_535),
    /** From how many others a party may order: from all (if absent), or the more the more it contributes. */
    providers: z.enum(['all', 'graded']).optional(),
    /** How much of its points a party spends in a round: all (if absent), half, or as much as is offered, or else nothing. */
    budget: z.enum(['balance', 'half', 'offered']).optional(),
    /** A sum is only ever opened over at least this many providers. */
    minProviders: z.int().min(2).max(255),
  }),
  credibility: z.strictObject({
    /** Weight of the old value in c ← fade·old + (1 − fade)·new. */
    fade: z.number().min(0).max(1),
    /** Whether the new is normalised first, as the old is (if absent), or the raw share of labels, as in the paper. */
    update: z.enum(['normalised', 'literal']).optional(),
    /** c_th = thresholdShare / n. */
    thresholdShare: z.number().min(0).max(1),
    /**
     * Another thresholdShare for parties that state at least `from` and fewer than `below` examples, whose models label
     * badly however honest they are. Nobody has another one if absent.
     */
    smallParties: z
      .strictObject({ from: positiveInteger, below: positiveInteger, thresholdShare: z.number().min(0).max(1) })
      .refine(({ from, below }) => from < below, { path: ['below'], message: 'must be more than `from`' })
      .optional(),
    /** No party is removed in rounds 1 … graceRounds. */
    graceRounds: z.int().min(0),
    /** A party that leaves this many requests for labels in a row unanswered is reported. */
    silentRounds: positiveInteger,
  }),
  /** Longest duration of each phase; it ends earlier when every credible party has acted. */
  deadlines: z.strictObject({ form: seconds, benchmark: seconds, order: seconds, deliver: seconds, evaluate: seconds }),
  /** Terms that concern the ledger alone; what is left out has a default. */
  ledger: z
    .strictObject({
      /** Forming ends as soon as this many have joined; the number of accounts invited unless told. */
      startParties: parties.optional(),
      /** Fewest that start without the others after the forming deadline; one more than `minProviders` unless told. */
      minParties: parties.optional(),
      /** Most parties ever; 256 unless told. */
      maxParties: parties.optional(),
      /** A party reported by more than this share of the credible set, in 1/1000, is removed; 500 unless told. */
      removalPermille: z.int().min(500).max(999).optional(),
      /** Points each side of a claim puts at stake; a hundredth of |w| unless told. */
      claimDeposit: positiveInteger.optional(),
      /** How long a provider may take to answer a claim; an hour unless told. */
      answerSeconds: seconds.optional(),
      /** How long the others may take to vote on it; an hour unless told. */
      voteSeconds: seconds.optional(),
    })
    .optional(),
});

/** A valid consortium file. */
export type Consortium = Readonly<z.infer<typeof consortiumSchema>>;
/** Model topology. */
export type ModelSpec = Consortium['model'];

/** Writes a value as JSON with sorted keys and no spaces, so that equal consortia have equal bytes. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** SHA-256 of the consortium's canonical JSON; 32 bytes. It does not depend on the order of keys or on comments. */
export function consortiumHash(consortium: Consortium): Uint8Array {
  return createHash('sha256').update(canonicalJson(consortium)).digest();
}

/** Value of a schedule in round `round` of `rounds`, moving geometrically from `from` (round 1) to `to` (the last). */
export function scheduleAt(schedule: { from: number; to: number }, round: number, rounds: number): number {
  if (rounds === 1) return schedule.from;
  return schedule.from * (schedule.to / schedule.from) ** ((round - 1) / (rounds - 1));
}
