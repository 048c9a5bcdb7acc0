/**
 * What right guesses about who was in the data prove about ε, at 95 %.
 * @module
 */

/** P[Binomial(n, p) ≥ k]. */
function binomialTail(n: number, p: number, k: number): number {
  let term = n * Math.log1p(-p);
  let tail = k <= 0 ? Math.exp(term) : 0;
  for (let i = 1; i <= n; i++) {
    term += Math.log((n - i + 1) / i) + Math.log(p / (1 - p));
    if (i >= k) tail += Math.exp(term);
  }
  return tail;
}

/**
 * Largest ε that `right` of `guesses` right guesses about fair coins refute at 95 % (Steinke, Nasr & Jagielski 2023,
 * Theorem 5.2, δ = 0: the number of right guesses is dominated by Binomial(guesses, e^ε/(1 + e^ε))).
 */
export function refuted(right: number, guesses: number): number {
  let bound = 0;
  for (let epsilon = 0.05; epsilon < 20; epsilon += 0.05) {
    if (binomialTail(guesses, 1 / (1 + Math.exp(-epsilon)), right) > 0.05) return bound;
    bound = epsilon;
  }
  return bound;
}

/** Largest probability that `hits` of `trials` refute at 97.5 % (Clopper & Pearson 1934); the true one is above it. */
function leastProbability(hits: number, trials: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (binomialTail(trials, middle, hits) <= 0.025) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * ε that a test proves at 95 %: both rates are within their Clopper–Pearson bounds, and (ε, δ) allows neither
 * P[in] > e^ε·P[out] + δ for "it was there" nor the same for "it was not".
 * @param found - how often it said "there" where the record was, of `trials`; `alarms` where it was not.
 */
export function provenEpsilon(found: number, alarms: number, trials: number, delta: number): number {
  const right = leastProbability(found, trials);
  const rejected = leastProbability(trials - alarms, trials);
  return Math.max(0, Math.log((right - delta) / (1 - rejected)) || 0, Math.log((rejected - delta) / (1 - right)) || 0);
}
