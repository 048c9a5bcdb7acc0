/**
 * Noise for private releases: the discrete Gaussian on the integers, sampled exactly from secure random bits
 * (Canonne, Kamath & Steinke 2020, Algorithms 1–3). No floating-point number takes part, so none can leak through its
 * low bits (Mironov 2012): a release is a vector of integers, in steps of σ / 2²⁰.
 * @module
 */
import { secureBytes } from '../random.ts';

/** σ of every draw, in lattice steps. A power of two makes every probability below a comparison of random bits. */
export const LATTICE_SIGMA = 2 ** 20;
const SIGMA_BITS = 20;

/** Fills the next `length` bytes; cryptographic wherever something is released. */
export type RandomBytes = (length: number) => Uint8Array;

/** A stream of independent draws from the discrete Gaussian of σ = {@link LATTICE_SIGMA}. */
export interface DiscreteGaussian {
  /** One draw, an exact integer: P[X = k] ∝ exp(−k² / 2σ²). */
  next(): number;
  /** Adds one draw to every entry; the entries must be integers below 2⁵² in magnitude. */
  addTo(values: Float64Array): void;
}

/** Bytes fetched at a time. */
const BUFFER_BYTES = 1 << 15;

/** Random bits in the order they came; each is used once. */
class RandomBits {
  readonly #fetch: RandomBytes;
  #words = new Uint32Array(0);
  #next = 0;
  #bits = 0;
  #bitsLeft = 0;

  constructor(fetch: RandomBytes) {
    this.#fetch = fetch;
  }

  word(): number {
    if (this.#next === this.#words.length) {
      this.#words = new Uint32Array(this.#fetch(BUFFER_BYTES).slice().buffer);
      this.#next = 0;
    }
    return this.#words[this.#next++];
  }

  /** An integer uniform in [0, 2^count), 0 ≤ count ≤ 31. */
  take(count: number): number {
    if (this.#bitsLeft < count) {
      this.#bits = this.word();
      this.#bitsLeft = 32;
    }
    const value = this.#bits & (2 ** count - 1);
    this.#bits >>>= count;
    this.#bitsLeft -= count;
    return value;
  }

  /** True with probability `numerator` / 2^bits exactly, 32 < bits ≤ 52. */
  isBelow(numerator: number, bits: number): boolean {
    return this.take(bits - 32) * 2 ** 32 + this.word() < numerator;
  }

  /** True with probability 1/count exactly. */
  oneIn(count: number): boolean {
    const bits = 32 - Math.clz32(count - 1);
    for (;;) {
      const value = this.take(bits);
      if (value < count) return value === 0;
    }
  }
}

/**
 * Creates a sampler.
 * @param randomBytes - where the bits come from; tests pass a seeded source.
 */
export function createDiscreteGaussian(randomBytes: RandomBytes = secureBytes): DiscreteGaussian {
  const random = new RandomBits(randomBytes);

  /** True with probability exp(−γ), where `trial` is true with probability γ ≤ 1 (their Algorithm 1, γ ≤ 1). */
  const exponential = (trial: () => boolean): boolean => {
    let count = 1;
    while (trial() && (count === 1 || random.oneIn(count))) count++;
    return count % 2 === 1;
  };
  const always = () => true;
  /** True with probability 1/e. */
  const inverseE = () => exponential(always);

  /** A draw with P[X = k] ∝ exp(−|k| / σ) (their Algorithm 2 with t = σ, s = 1). */
  const laplace = (): number => {
    for (;;) {
      const fraction = random.take(SIGMA_BITS);
      if (!exponential(() => random.take(SIGMA_BITS) < fraction)) continue;
      let whole = 0;
      while (inverseE()) whole++;
      const magnitude = fraction + whole * LATTICE_SIGMA;
      const negative = random.take(1) === 1;
      if (negative && magnitude === 0) continue;
      return negative ? -magnitude : magnitude;
    }
  };

  /** Accepts a Laplace draw with probability exp(−(|k| − σ)² / 2σ²) (their Algorithm 3 with t = σ). */
  const accepts = (draw: number): boolean => {
    const distance = Math.abs(draw) - LATTICE_SIGMA;
    const whole = 2 * LATTICE_SIGMA ** 2;
    // Below 2⁵³ and so exact as long as |k| < 90σ; P[more] is e^−90 before and e^−4000 after acceptance.
    let numerator = distance * distance;
    for (; numerator >= whole; numerator -= whole) if (!inverseE()) return false;
    return exponential(() => random.isBelow(numerator, 2 * SIGMA_BITS + 1));
  };

  const next = (): number => {
    for (;;) {
      const draw = laplace();
      if (accepts(draw)) return draw;
    }
  };
  return {
    next,
    addTo(values) {
      for (let index = 0; index < values.length; index++) values[index] += next();
    },
  };
}

/**
 * What the lattice costs: an upper bound on how much δ grows when `draws` draws of the discrete Gaussian stand in for
 * the continuous one of the closed forms. With statistics on the lattice, one draw differs from a continuous draw
 * rounded to the lattice (post-processing) by a Kullback–Leibler divergence of 1/(576σ⁴) + O(σ⁻⁶); over all draws,
 * adaptive or not, the total variation is at most √(draws/(1152σ⁴)) (chain rule, Pinsker), and (ε, δ) becomes
 * (ε, δ + (1 + e^ε)·TV). The bound here is twice that.
 * @param draws - number of noise values released, ≥ 0.
 * @param epsilon - ε of the release.
 */
export function latticeDelta(draws: number, epsilon: number): number {
  return (2 * (1 + Math.exp(epsilon)) * Math.sqrt(draws / 1152)) / LATTICE_SIGMA ** 2;
}
