/**
 * Per-record clipping without per-record gradients: in a piecewise-linear network the gradient of one record is a sum of
 * a few outer products s·aᵀ per layer. Stacked as S and A its squared norm is Σ_layers Σ (S·Sᵀ)∘(A·Aᵀ), and the clipped
 * sum over all records is one product (γS)ᵀ·A per layer with γ = min(1, C / norm).
 * @module
 */
import type { Arena, Matrix } from './matrix.ts';

/** One outer product per layer and record: row i of `signals[l]` times row i of `inputs[l]`. */
export interface Factor {
  readonly signals: readonly Matrix[];
  readonly inputs: readonly Matrix[];
}

/** Norms are raised by this share, so that rounding never makes a record count for less than it weighs. */
const NORM_MARGIN = 2 ** -20;

/** A gradient subtracted from every record's, with room for one product per layer. */
export interface Centre {
  /** One gradient per layer, as the network's sumGradients gives it. */
  readonly gradients: readonly Matrix[];
  /** Working memory, [rows × (out + 1)] per layer. */
  readonly products: readonly Matrix[];
}

/** Σ of all squared entries. */
function squaredNorm({ data }: Matrix): number {
  let sum = 0;
  for (const value of data) sum += value * value;
  return sum;
}

/** How long each record's gradient is, and how long the products are of which it is added up. */
export interface RecordNorms {
  /** Norm of the (centred) gradient, never understated; float64 [records]. */
  readonly norms: Float64Array;
  /** The same of the record's outer products without centre and as if none cancelled another: what rounding scales with. */
  readonly lengths: Float64Array;
}

/** Rounding of one float32 operation, relative. */
const UNIT = 2 ** -24;

/**
 * Norm of each record's gradient (minus a common centre), never understated and at most 1e-6 above, plus what float32
 * may lose in the product with the centre.
 * @param rows - rows of the factors; `copies` successive rows belong to one record and their gradients add up.
 * @param weights - factor of each layer's gradient in the norm; 1 by default.
 * @param centre - subtracted once from every record's gradient; must be public.
 */
export function recordNorms(
  arena: Arena,
  factors: readonly Factor[],
  rows: number,
  weights?: readonly number[],
  centre?: Centre,
  copies = 1,
): RecordNorms {
  const records = rows / copies;
  const squares = new Float64Array(records);
  const lengths = new Float64Array(records);
  /** Every record's products: one per factor and copy. */
  const parts = Array.from({ length: factors.length * copies }, (_, part) => ({
    factor: factors[part % factors.length],
    first: Math.floor(part / factors.length),
  }));
  const dots = (a: Matrix, firstOfA: number, b: Matrix, firstOfB: number): Float64Array =>
    arena.rowDots(
      { matrix: a, first: firstOfA, every: copies },
      { matrix: b, first: firstOfB, every: copies },
      records,
    );
  const length = new Float64Array(records);
  // Plain loops: with a few dozen units a call for each record would take as long as its products.
  factors[0].signals.forEach((_, layer) => {
    const weight = (weights?.[layer] ?? 1) ** 2;
    length.fill(0);
    parts.forEach(({ factor: { signals, inputs }, first }, i) => {
      for (const { factor, first: other } of parts.slice(0, i + 1)) {
        const same = factor.signals === signals && other === first;
        const twice = same ? weight : 2 * weight;
        const products = dots(signals[layer], first, factor.signals[layer], other).slice();
        const others = dots(inputs[layer], first, factor.inputs[layer], other);
        for (let record = 0; record < records; record++) {
          const product = products[record] * others[record];
          squares[record] += twice * product;
          if (same) length[record] += Math.sqrt(product);
        }
      }
    });
    for (let record = 0; record < records; record++) lengths[record] += weight * length[record] ** 2;
    if (centre === undefined) return;
    const constant = squaredNorm(centre.gradients[layer]);
    const doubt = 2 * (factors[0].inputs[layer].columns + 2) * UNIT * Math.sqrt(constant);
    for (let record = 0; record < records; record++) squares[record] += weight * (constant + doubt * length[record]);
    for (const { signals, inputs } of factors) {
      arena.multiply(centre.products[layer], inputs[layer], centre.gradients[layer], { rows });
      for (let copy = 0; copy < copies; copy++) {
        const products = dots(signals[layer], copy, centre.products[layer], copy);
        for (let record = 0; record < records; record++) squares[record] -= 2 * weight * products[record];
      }
    }
  });
  return {
    norms: squares.map((square) => Math.sqrt(Math.max(0, square)) * (1 + NORM_MARGIN)),
    lengths: lengths.map((square) => Math.sqrt(square) * (1 + NORM_MARGIN)),
  };
}

/** Rows summed in float32 before the block joins the float64 total. */
const BLOCK_ROWS = 32;
/** Records are scaled down until their {@link RecordNorms.lengths} are at most this many clip norms. */
export const REACH = 4;

/**
 * Bound on what float32 can change in a {@link clippedSum} of up to `records` records, over the clip norm: each record's
 * products, at most REACH clip norms long, are rounded once when they are scaled, then in each of up to BLOCK_ROWS
 * multiply-adds, and the sum, at most one clip norm per record, once more when it is stored. The float64 additions are
 * 2²⁹ times finer; the spare roundings cover them.
 */
export function sumRounding(records: number): number {
  return records * UNIT * ((BLOCK_ROWS + 4) * REACH + 2);
}

/**
 * Σ over records of the (centred) gradient scaled down to norm ≤ `clipNorm`, and further where its products are so long
 * that they would round badly; off by at most {@link sumRounding} clip norms. Scales the signals in place.
 * @param records - of {@link recordNorms} with the same arguments.
 * @param sums - receives the sum of each layer.
 */
export function clippedSum(
  arena: Arena,
  factors: readonly Factor[],
  { norms, lengths }: RecordNorms,
  clipNorm: number,
  sums: readonly Matrix[],
  centre?: Centre,
  copies = 1,
): void {
  const rows = norms.length * copies;
  const scales = norms.map((norm, record) => {
    const size = Math.max(norm, lengths[record] / REACH);
    return size <= clipNorm ? 1 : clipNorm / size;
  });
  const total = scales.reduce((sum, scale) => sum + scale, 0);
  for (const { signals } of factors) for (const matrix of signals) arena.scaleRows(matrix, scales, copies);
  sums.forEach((sum, layer) => {
    const shift = centre?.gradients[layer].data;
    const exact = arena.wide(sum);
    if (shift !== undefined) for (let index = 0; index < exact.length; index++) exact[index] = -total * shift[index];
    for (const { signals, inputs } of factors) {
      arena.addBlocks(exact, sum, inputs[layer], signals[layer], rows, BLOCK_ROWS);
    }
    sum.data.set(exact);
  });
}
