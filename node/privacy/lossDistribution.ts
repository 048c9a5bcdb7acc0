/**
 * The tight accountant: the distribution of the privacy loss on a grid, composed by fast Fourier transform. Every
 * approximation is made towards more loss, so the result is an upper bound; the grid makes it tight.
 * Method: "connect the dots" (Doroshenko, Ghazi, Kamath, Kumar & Manurangsi 2022): the mass of a grid cell moves to the
 * cell's two ends such that both distributions keep their mass, which dominates the true pair.
 * @module
 */
import { requireParameter } from './errors.ts';
import { createFourierPlan, transform } from './fourier.ts';
import { gaussianEpsilon } from './gaussianMechanism.ts';
import { type Mechanism, outputOfLoss, privacyLoss, requireMechanism } from './mechanism.ts';
import { upperTail } from './normal.ts';
import { renyiDivergence, renyiEpsilon } from './renyi.ts';

/** Which neighbour is the real one: with the record ("remove" it) or without ("add" it). */
type Direction = 'remove' | 'add';

/** Losses of one step on the grid j·width, −n/2 ≤ j < n/2, at index j mod n. */
interface GridLosses {
  readonly masses: Float64Array;
  /** Mass at +∞. */
  readonly infinite: number;
}

/** The grid: `length` points `width` apart. */
interface Grid {
  readonly length: number;
  readonly width: number;
}

/** Outputs beyond this many σ of both means have mass below 1e-38. */
const REACH = 13;
/** Nodes and weights of Gauss–Legendre quadrature of order 5 on [−1, 1]. */
const NODES = [-0.906179845938664, -0.5384693101056831, 0, 0.5384693101056831, 0.906179845938664];
const WEIGHTS = [0.2369268850561891, 0.4786286704993665, 0.5688888888888889, 0.4786286704993665, 0.2369268850561891];
/** Panels no wider than this many σ make the quadrature exact to the last bit. */
const PANEL = 1 / 8;
/** Share of δ that all tails outside the grid may use. */
const TAIL_SHARE = 1e-5;
/**
 * Allowance for rounding, per step. A transform of n = 2²⁰ points has a relative L2 error near 0.6·√20 = 2.7 units of
 * 2⁻⁵³; raised to the power `steps` it grows at most in proportion.
 */
const ROUNDING = 4 * 2 ** -53;
/** Grid sizes tried. */
const SMALLEST_GRID = 2 ** 14;
const LARGEST_GRID = 2 ** 21;

/**
 * Smallest ε this accountant can certify for all mechanisms together at `delta`; at most 1e-3 relative above the exact
 * value for δ ≥ 1e-11. Where δ is so small that rounding would matter, the Rényi bound is returned instead.
 * @throws PrivacyError `INVALID_PARAMETER`.
 */
export function tightEpsilon(mechanisms: readonly Mechanism[], delta: number): number {
  requireParameter(delta > 0 && delta < 1, 'delta', delta, 'between 0 and 1');
  mechanisms.forEach(requireMechanism);
  if (mechanisms.length === 0) return 0;
  if (mechanisms.every(({ sampleRate }) => sampleRate === 1)) {
    const squares = mechanisms.reduce((sum, { noiseMultiplier, steps }) => sum + steps / noiseMultiplier ** 2, 0);
    return gaussianEpsilon(Math.sqrt(squares), delta);
  }
  const fallback = renyiEpsilon(mechanisms, delta);
  const steps = mechanisms.reduce((sum, mechanism) => sum + mechanism.steps, 0);
  const rounding = steps * ROUNDING;
  if (rounding > delta / 4 || fallback === 0) return fallback;
  const grid = chooseGrid(mechanisms, delta * TAIL_SHARE, steps, fallback);
  const remove = composedEpsilon(mechanisms, delta, grid, 'remove', rounding);
  const add = composedEpsilon(mechanisms, delta, grid, 'add', rounding);
  return Math.min(fallback, Math.max(remove, add));
}

/** A grid that reaches the loss exceeded with probability `tail`, fine enough that its pessimism (≤ steps·width²/8) is small. */
function chooseGrid(mechanisms: readonly Mechanism[], tail: number, steps: number, epsilon: number): Grid {
  let reach = Number.POSITIVE_INFINITY;
  for (const order of [1.1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024]) {
    let exponent = -Math.log(tail);
    for (const { sampleRate, noiseMultiplier, steps } of mechanisms) {
      exponent += steps * (order - 1) * renyiDivergence(order, sampleRate, noiseMultiplier);
    }
    reach = Math.min(reach, exponent / (order - 1)); // Chernoff: P[S > U] ≤ e^{(α−1)(D_α − U)}
  }
  const pessimism = 1e-4 * Math.max(epsilon, 0.3);
  const wanted = Math.min(reach / 4096, Math.sqrt((8 * pessimism) / steps));
  let length = SMALLEST_GRID;
  while (length < LARGEST_GRID && (2.02 * reach) / length > wanted) length *= 2;
  return { length, width: (2.02 * reach) / length };
}

/** ε of the composition in one direction. */
function composedEpsilon(
  mechanisms: readonly Mechanism[],
  delta: number,
  grid: Grid,
  direction: Direction,
  rounding: number,
): number {
  const { length, width } = grid;
  const plan = createFourierPlan(length);
  const productRe = new Float64Array(length).fill(1);
  const productIm = new Float64Array(length);
  let infinite = 0;
  let logMoment = 0;
  // e^{λS} bounds the mass above the grid, which the transform would wrap round to low losses.
  const lambda = chernoffRate(mechanisms, (length / 2) * width);
  for (const mechanism of mechanisms) {
    const losses = discretise(mechanism, grid, direction);
    infinite += mechanism.steps * losses.infinite;
    let moment = 0;
    losses.masses.forEach((mass, index) => {
      if (mass > 0) moment += mass * Math.exp(lambda * width * (index < length / 2 ? index : index - length));
    });
    logMoment += mechanism.steps * Math.log(moment);
    // The transform of masses − (1 at 0) is small where the power is large: less of its precision is lost.
    const re = losses.masses;
    const im = new Float64Array(length);
    re[0] = -losses.infinite - re.subarray(1).reduce((sum, mass) => sum + mass, 0);
    transform(plan, re, im);
    for (let k = 0; k < length; k++) {
      const magnitude = Math.exp(0.5 * mechanism.steps * Math.log1p(2 * re[k] + re[k] * re[k] + im[k] * im[k]));
      const angle = Math.atan2(im[k], 1 + re[k]) * mechanism.steps;
      const powerRe = magnitude * Math.cos(angle);
      const powerIm = magnitude * Math.sin(angle);
      const before = productRe[k];
      productRe[k] = before * powerRe - productIm[k] * powerIm;
      productIm[k] = before * powerIm + productIm[k] * powerRe;
    }
  }
  transform(plan, productIm, productRe); // the inverse, times the length
  const wrapped = Math.exp(Math.min(0, logMoment - lambda * (length / 2) * width));
  return epsilonOf(productRe, grid, delta - infinite - wrapped - rounding);
}

/** The λ of the best Chernoff bound for losses above `reach`. */
function chernoffRate(mechanisms: readonly Mechanism[], reach: number): number {
  let best = { lambda: 1, exponent: Number.POSITIVE_INFINITY };
  for (const lambda of [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 7, 11, 15, 23, 31, 47, 63, 95, 127, 255, 511, 1023]) {
    let exponent = -lambda * reach;
    for (const { sampleRate, noiseMultiplier, steps } of mechanisms) {
      exponent += steps * lambda * renyiDivergence(lambda + 1, sampleRate, noiseMultiplier);
    }
    if (exponent < best.exponent) best = { lambda, exponent };
  }
  return best.lambda;
}

/** The dominating losses of one step on the grid. */
function discretise(
  { sampleRate: q, noiseMultiplier: sigma }: Mechanism,
  grid: Grid,
  direction: Direction,
): GridLosses {
  const { length, width } = grid;
  const masses = new Float64Array(length);
  const sign = direction === 'remove' ? 1 : -1;
  const lowest = -REACH * sigma;
  const highest = (direction === 'remove' ? 1 : 0) + REACH * sigma;
  const density = (x: number): number => {
    const atZero = Math.exp((-0.5 * x * x) / sigma ** 2);
    if (direction === 'add') return atZero;
    return (1 - q) * atZero + q * Math.exp((-0.5 * (x - 1) ** 2) / sigma ** 2);
  };
  const scale = 1 / (sigma * Math.sqrt(2 * Math.PI));
  const cellFactor = -1 / Math.expm1(-width);
  const firstCell = Math.max(Math.floor(privacyLoss(lowest, q, sigma) / width), -length / 2);
  const lastCell = Math.min(Math.floor(privacyLoss(highest, q, sigma) / width), length / 2 - 2);
  for (let cell = firstCell; cell <= lastCell; cell++) {
    const from = Math.max(lowest, outputOfLoss(cell * width, q, sigma));
    const to = Math.min(highest, outputOfLoss((cell + 1) * width, q, sigma));
    if (!(to > from)) continue;
    const panels = Math.ceil((to - from) / (PANEL * sigma));
    const half = (to - from) / panels / 2;
    const lower = sign === 1 ? cell * width : -(cell + 1) * width;
    let toUpper = 0;
    let toLower = 0;
    for (let panel = 0; panel < panels; panel++) {
      const centre = from + (2 * panel + 1) * half;
      for (let node = 0; node < NODES.length; node++) {
        const x = centre + half * NODES[node];
        const mass = WEIGHTS[node] * half * scale * density(x);
        // Share that moves up so that ∫dP and ∫e^{−loss}dP of the cell are both kept.
        const above = sign * privacyLoss(x, q, sigma) - lower;
        const share = Math.min(1, Math.max(0, -Math.expm1(-above) * cellFactor));
        toUpper += share * mass;
        toLower += (1 - share) * mass;
      }
    }
    const lowerIndex = sign === 1 ? cell : -(cell + 1);
    masses[(lowerIndex + length) % length] += toLower;
    masses[(lowerIndex + 1 + length) % length] += toUpper;
  }
  return { masses, infinite: massBeyond(firstCell, lastCell) };

  /** Mass of the outputs with losses above the cells; what lies below them is below 1e-38 or counted at loss 0. */
  function massBeyond(first: number, last: number): number {
    if (direction === 'add') return upperTail(-Math.max(lowest, outputOfLoss(first * width, q, sigma)) / sigma);
    const end = Math.min(highest, outputOfLoss((last + 1) * width, q, sigma));
    return (1 - q) * upperTail(end / sigma) + q * upperTail((end - 1) / sigma);
  }
}

/** Smallest ε with Σ p(s)·(1 − e^{ε−s})⁺ ≤ `delta` over the composed masses (times the length). */
function epsilonOf(masses: Float64Array, { length, width }: Grid, delta: number): number {
  if (delta <= 0) return Number.POSITIVE_INFINITY;
  let above = 0; // Σ_{s > ε} p(s)
  let discounted = 0; // Σ_{s > ε} p(s)·e^{−s}
  for (let j = length / 2 - 1; j >= 0; j--) {
    // On [j·width, (j+1)·width) δ(ε) = above − e^ε·discounted.
    if (above - Math.exp(j * width) * discounted > delta) return Math.log((above - delta) / discounted);
    const mass = Math.max(0, masses[j]) / length;
    above += mass;
    discounted += mass * Math.exp(-j * width);
  }
  return 0;
}
