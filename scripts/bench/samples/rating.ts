/**
 * How well samples tell good parties from bad ones, and how much they look like real data.
 * @module
 */
import type { Learner } from '../../../node/algorithm/ports.ts';
import { agreement, majorityLabels } from '../../../node/credibility/agreement.ts';
import { createPictureBasis } from '../../../node/samples/basis.ts';
import type { Labeller } from './parties.ts';

/** Figures of one set of samples. */
export interface Rating {
  /** Agreement of the worst good party minus that of the best bad one; above 0 they can be told apart. */
  readonly gap: number;
  /** Spearman correlation of agreement with true accuracy over all 30 parties. */
  readonly rankAll: number;
  /** The same over the 12 graded parties: among the 15 good ones accuracy differs by chance only. */
  readonly rankGraded: number;
  /** The same over all 30 with the good ones taken as equal in both: what the order among them costs `rankAll`. */
  readonly rankTied: number;
  /** Share of the rarest class among the majority's labels, times the number of classes; 0 when a class is missing. */
  readonly rarest: number;
  /** Squared maximum mean discrepancy to real held-out digits, times 1000 (Gaussian kernels over cosine coefficients). */
  readonly discrepancy: number;
}

/** Ranks with ties at their mean. */
function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal - 1) / 2;
  });
}

/** Spearman's rank correlation. */
export function spearman(first: readonly number[], second: readonly number[]): number {
  const [a, b] = [ranks(first), ranks(second)];
  const mean = (a.length - 1) / 2;
  let product = 0;
  let squaresOfA = 0;
  let squaresOfB = 0;
  a.forEach((rank, index) => {
    product += (rank - mean) * (b[index] - mean);
    squaresOfA += (rank - mean) ** 2;
    squaresOfB += (b[index] - mean) ** 2;
  });
  return product / Math.sqrt(squaresOfA * squaresOfB || 1);
}

/** The values with those of good parties replaced by their mean. */
function tieGood(values: readonly number[], labellers: readonly Labeller[]): number[] {
  const good = values.filter((_, index) => labellers[index].kind === 'good');
  const mean = good.reduce((sum, value) => sum + value, 0) / good.length;
  return values.map((value, index) => (labellers[index].kind === 'good' ? mean : value));
}

/** Rates samples by the labellers' votes on them. */
export async function rate(
  inputs: Float32Array,
  labellers: readonly Labeller[],
  learner: Learner,
  classes: number,
): Promise<Omit<Rating, 'discrepancy'>> {
  const votes: Uint8Array[] = [];
  for (const { parameters } of labellers) votes.push(await learner.label(parameters, inputs));
  const majority = majorityLabels(votes, classes);
  const scores = votes.map((labels) => agreement(labels, majority));
  const of = (kind: Labeller['kind']) => scores.filter((_, index) => labellers[index].kind === kind);
  const graded = labellers.filter(({ kind }) => kind === 'graded').map(({ accuracy }) => accuracy);
  const counts = new Uint32Array(classes);
  for (const label of majority) counts[label]++;
  return {
    gap: Math.min(...of('good')) - Math.max(...of('bad')),
    rankAll: spearman(
      scores,
      labellers.map(({ accuracy }) => accuracy),
    ),
    rankGraded: spearman(of('graded'), graded),
    rankTied: spearman(
      tieGood(scores, labellers),
      tieGood(
        labellers.map(({ accuracy }) => accuracy),
        labellers,
      ),
    ),
    rarest: (Math.min(...counts) * classes) / majority.length,
  };
}

/** Creates the discrepancy to some real pictures; 600 generated ones are compared. */
export function createDiscrepancy(
  real: Float32Array,
  shape: readonly [number, number, number],
  normalisation: { mean: number; stdDev: number },
): (inputs: Float32Array) => number {
  const basis = createPictureBasis(shape, normalisation);
  const { dimension } = basis;
  const features = shape[0] * shape[1] * shape[2];
  const encode = (inputs: Float32Array): Float64Array => {
    const coordinates = new Float64Array((inputs.length / features) * dimension);
    for (let row = 0; row * features < inputs.length; row++) {
      const own = coordinates.subarray(row * dimension, (row + 1) * dimension);
      basis.encode(inputs.subarray(row * features, (row + 1) * features), own);
    }
    return coordinates;
  };
  const kernel = (a: Float64Array, b: Float64Array): number => {
    let sum = 0;
    let pairs = 0;
    for (let i = 0; i < a.length; i += dimension) {
      for (let j = 0; j < b.length; j += dimension) {
        if (a === b && i === j) continue;
        let squares = 0;
        for (let d = 0; d < dimension; d++) squares += (a[i + d] - b[j + d]) ** 2;
        sum += Math.exp(-squares / 0.3) + Math.exp(-squares / 0.1);
        pairs++;
      }
    }
    return sum / pairs;
  };
  const reference = encode(real);
  const within = kernel(reference, reference);
  return (inputs) => {
    const own = encode(inputs.subarray(0, 600 * features));
    return 1000 * (kernel(own, own) + within - 2 * kernel(own, reference));
  };
}
