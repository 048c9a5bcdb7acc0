/**
 * What accounting copies as records hides: ε of one original record of which `copies` copies are in the data and each
 * enters a step's sum on its own. This is the true cost of the paper's recipe (600 records, 100 copies of each, counted
 * as 60,000 records).
 * @module
 */
import { requireParameter } from './errors.ts';
import { type Mechanism, requireMechanism } from './mechanism.ts';

/** Orders over which ε is minimised; large ε are found at orders near 1. */
const ORDERS = [1.002, 1.005, 1.01, 1.02, 1.05, 1.1, 1.2, 1.35, 1.5, 1.75, 2, 2.5, 3, 4, 6, 8, 12, 16, 24, 32];

/** ln of the binomial weights of 0 … n successes with probability q. */
function logBinomial(n: number, q: number): Float64Array {
  const weights = new Float64Array(n + 1);
  let logChoose = 0;
  for (let k = 0; k <= n; k++) {
    if (k > 0) logChoose += Math.log((n - k + 1) / k);
    weights[k] = logChoose + (k === 0 ? 0 : k * Math.log(q)) + (k === n ? 0 : (n - k) * Math.log1p(-q));
  }
  return weights;
}

/**
 * Rényi divergence of order α of one step, the larger of the two directions: the step shows m copies with probability
 * Binomial(copies, q), each of which may move the sum by the clip norm in the same direction.
 */
function divergence(order: number, { sampleRate: q, noiseMultiplier: sigma }: Mechanism, copies: number): number {
  if (q === 1) return (order * copies ** 2) / (2 * sigma ** 2);
  const weights = logBinomial(copies, q);
  const step = Math.min(sigma / 6, sigma ** 2 / 4);
  const first = Math.floor((-12 * sigma) / step);
  const last = Math.ceil((copies * order + 12 * sigma) / step);
  const scale = Math.log(step / sigma) - 0.5 * Math.log(2 * Math.PI);
  let removed = Number.NEGATIVE_INFINITY;
  let added = Number.NEGATIVE_INFINITY;
  for (let index = first; index <= last; index++) {
    const x = index * step;
    let largest = Number.NEGATIVE_INFINITY;
    const terms = weights.map((weight, m) => {
      const term = weight + (m * (2 * x - m)) / (2 * sigma ** 2);
      if (term > largest) largest = term;
      return term;
    });
    const logRatio = largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
    const logDensity = scale - (x * x) / (2 * sigma ** 2);
    removed = logAdd(removed, order * logRatio + logDensity);
    added = logAdd(added, (1 - order) * logRatio + logDensity);
  }
  return Math.max(0, removed, added) / (order - 1);
}

/** ln(e^a + e^b). */
function logAdd(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  return small === Number.NEGATIVE_INFINITY ? large : large + Math.log1p(Math.exp(small - large));
}

/**
 * ε at `delta` for one original record with `copies` copies, by Rényi composition.
 * @param mechanisms - as accounted when each copy counts as a record of its own.
 */
export function groupEpsilon(mechanisms: readonly Mechanism[], copies: number, delta: number): number {
  requireParameter(delta > 0 && delta < 1, 'delta', delta, 'between 0 and 1');
  requireParameter(Number.isSafeInteger(copies) && copies >= 1, 'copies', copies, 'a positive integer');
  mechanisms.forEach(requireMechanism);
  let best = Number.POSITIVE_INFINITY;
  for (const order of ORDERS) {
    const total = mechanisms.reduce((sum, one) => sum + one.steps * divergence(order, one, copies), 0);
    best = Math.min(best, total + Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1));
  }
  return Math.max(0, best);
}
