/**
 * Aggregation by the mean over C: w′ = w + (Δw̃_i + ΣΔw̃_j) / |C|.
 * @module
 */
import type { AggregationRule } from './rule.ts';

/**
 * Every party's gradient counts for one of |C|, and who is not in the sum as if it had none: so a party that may order
 * from few moves slowly and not aside, and what it gives stays useful to the others. Of its own gradient it takes
 * what it shares; the rest would only draw its model to its own examples.
 */
// deviation: the paper always adds the plain sum, which is as many steps as there are providers where one was meant,
// and all of Δw_i.
export const addMean: AggregationRule = ({ parameters, shared, sum, parties }) => {
  const updated = new Float32Array(parameters.length);
  for (let index = 0; index < updated.length; index++) {
    updated[index] = parameters[index] + (shared[index] + sum[index]) / parties;
  }
  return updated;
};
