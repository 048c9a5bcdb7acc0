/**
 * Rényi differential privacy of the Poisson-subsampled Gaussian (Mironov, Talwar & Zhang 2019) for whole and fractional
 * orders, and its conversion to (ε, δ).
 * @module
 */
import { requireParameter } from './errors.ts';
import { type Mechanism, privacyLoss, requireMechanism } from './mechanism.ts';

/** Orders over which ε is minimised: 1.1 … 11 in tenths, 12 … 64, then sparser up to 4096. */
export const ORDERS: readonly number[] = [
  ...Array.from({ length: 100 }, (_, index) => (11 + index) / 10),
  ...Array.from({ length: 53 }, (_, index) => 12 + index),
  ...[80, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096],
];

/** Those of them at which a Poisson-sampled discrete Gaussian costs exactly what the continuous one does. */
export const WHOLE_ORDERS = ORDERS.filter(Number.isInteger);

/** Orders of the moments accountant as it is usually quoted (Abadi et al. 2016). */
const CLASSIC_ORDERS: readonly number[] = Array.from({ length: 63 }, (_, index) => 2 + index);

/**
 * Rényi divergence of order α of one step, in nats; relative error below 1e-9.
 * @param order - α > 1. Whole orders use the binomial sum, others a quadrature.
 */
export function renyiDivergence(order: number, sampleRate: number, noiseMultiplier: number): number {
  requireMechanism({ sampleRate, noiseMultiplier, steps: 1 });
  requireParameter(order > 1 && Number.isFinite(order), 'order', order, 'above 1 and finite');
  if (sampleRate === 1) return order / (2 * noiseMultiplier ** 2);
  const logMoment = Number.isInteger(order)
    ? wholeLogMoment(order, sampleRate, noiseMultiplier)
    : quadratureLogMoment(order, sampleRate, noiseMultiplier);
  return logMoment / (order - 1);
}

/** ln(1 + e^x) without overflow or cancellation. */
function logOnePlusExp(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** Sums numbers given by their logarithms. */
function logSum(logs: readonly number[]): number {
  const largest = logs.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  return largest + Math.log(logs.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/** ln(e^x − 1) for x > 0. */
function logExpMinusOne(x: number): number {
  return x > 30 ? x + Math.log1p(-Math.exp(-x)) : Math.log(Math.expm1(x));
}

/**
 * ln A_α for a whole order: A − 1 = Σ_{k≥2} C(α,k)·(1−q)^(α−k)·q^k·(e^{(k²−k)/2σ²} − 1). The 1 is taken out because
 * A − 1 may be 1e-7 and A alone would keep only nine of its digits.
 */
function wholeLogMoment(order: number, q: number, sigma: number): number {
  const terms: number[] = [];
  let logBinomial = Math.log(order);
  for (let k = 2; k <= order; k++) {
    logBinomial += Math.log((order - k + 1) / k);
    const logExcess = logExpMinusOne((k * (k - 1)) / (2 * sigma * sigma));
    terms.push(logBinomial + (order - k) * Math.log1p(-q) + k * Math.log(q) + logExcess);
  }
  return logOnePlusExp(logSum(terms));
}

/**
 * ln A_α for any order: with u = q(e^{(2x−1)/2σ²} − 1), of mean 0, A − 1 = E[(1+u)^α − 1 − αu], x ~ N(0, σ²). The
 * integrand is analytic within πσ² of the real line, so the trapezoidal rule converges exponentially.
 */
function quadratureLogMoment(order: number, q: number, sigma: number): number {
  const step = Math.min(sigma / 8, (sigma * sigma) / 4);
  const first = Math.floor((-12 * sigma) / step);
  const last = Math.ceil((order + 12 * sigma) / step);
  const logScale = Math.log(step / sigma) - 0.5 * Math.log(2 * Math.PI);
  const terms: number[] = [];
  for (let index = first; index <= last; index++) {
    const x = index * step;
    terms.push(logConvexPart(privacyLoss(x, q, sigma), order) - (x * x) / (2 * sigma * sigma) + logScale);
  }
  return logOnePlusExp(logSum(terms));
}

/** ln((1+u)^α − 1 − αu) for u = e^loss − 1; a Taylor series near 0, where the three terms cancel. */
function logConvexPart(loss: number, order: number): number {
  const u = Math.expm1(loss);
  if (Math.abs(u) * order < 0.05) {
    let term = (order * (order - 1) * u * u) / 2;
    let sum = term;
    for (let k = 3; Math.abs(term) > 1e-17 * sum; k++) {
      term *= ((order - k + 1) / k) * u;
      sum += term;
    }
    return Math.log(sum);
  }
  if (order * loss > 30) {
    // The power dominates; (1 + αu)·e^(−α·loss) is a small correction.
    return order * loss + Math.log1p(-(1 + order * u) * Math.exp(-order * loss));
  }
  return Math.log(Math.expm1(order * loss) - order * u);
}

/** Smallest over `orders` of what `convert` makes of the order and the composed divergence at it. */
function minimumOverOrders(
  mechanisms: readonly Mechanism[],
  orders: readonly number[],
  convert: (order: number, divergence: number) => number,
): number {
  mechanisms.forEach(requireMechanism);
  let best = Number.POSITIVE_INFINITY;
  for (const order of orders) {
    let divergence = 0;
    for (const { sampleRate, noiseMultiplier, steps } of mechanisms) {
      divergence += steps * renyiDivergence(order, sampleRate, noiseMultiplier);
    }
    best = Math.min(best, convert(order, divergence));
  }
  return Math.max(0, best);
}

/**
 * ε of all mechanisms together, by Rényi composition and the improved conversion (Canonne, Kamath & Steinke 2020,
 * Proposition 12): min over α of D_α + ln((α−1)/α) − (ln δ + ln α)/(α−1), at least 0.
 * @param orders - the orders tried.
 */
export function renyiEpsilon(mechanisms: readonly Mechanism[], delta: number, orders = ORDERS): number {
  requireParameter(delta > 0 && delta < 1, 'delta', delta, 'between 0 and 1');
  return minimumOverOrders(
    mechanisms,
    orders,
    (order, divergence) => divergence + Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1),
  );
}

/** ε as the moments accountant of 2016 gives it: whole orders 2 … 64 and D_α + ln(1/δ)/(α−1). For comparison only. */
export function momentsEpsilon(mechanisms: readonly Mechanism[], delta: number): number {
  requireParameter(delta > 0 && delta < 1, 'delta', delta, 'between 0 and 1');
  return minimumOverOrders(
    mechanisms,
    CLASSIC_ORDERS,
    (order, divergence) => divergence - Math.log(delta) / (order - 1),
  );
}
