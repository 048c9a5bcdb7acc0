/**
 * The paper's aggregation (Algorithm 2, line 3): w′ = w + Δw_i + ΣΔw̃_j.
 * @module
 */
import type { AggregationRule } from './rule.ts';

/** Adds this party's gradient and the others' sum to its parameters. */
export const addSum: AggregationRule = ({ parameters, gradient, sum }) => {
  const updated = new Float32Array(parameters.length);
  for (let index = 0; index < updated.length; index++) {
    updated[index] = parameters[index] + gradient[index] + sum[index];
  }
  return updated;
};
