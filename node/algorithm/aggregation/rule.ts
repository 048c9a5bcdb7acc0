/**
 * What an aggregation rule knows: sums, never another party's gradient.
 * @module
 */

/** One party's update of one round. All vectors float32 [D]. */
export interface Update {
  /** w_i. */
  readonly parameters: Float32Array;
  /** Δw_i, as local training gave it. */
  readonly gradient: Float32Array;
  /** Δw̃_i, as the others get it: its largest ⌊λ_i·|w|⌋ entries, clamped and rounded. */
  readonly shared: Float32Array;
  /** ΣΔw̃_j over the providers that delivered. */
  readonly sum: Float32Array;
  /** |C|, this party included. */
  readonly parties: number;
}

/** w_i′ of an update; float32 [D]. */
export type AggregationRule = (update: Update) => Float32Array;
