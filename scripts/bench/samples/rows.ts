/**
 * The rows of the sample benchmark: where the samples to be rated come from.
 * @module
 */
import type { InputFormat } from '../../../node/dataset/pictures.ts';
import { selectExamples } from '../../../node/dataset/pictures.ts';
import { createSeededRandom } from '../../../node/random.ts';
import type { Normalisation } from '../../../node/samples/basis.ts';
import { createSampleGenerator, type SampleGeneratorOptions } from '../../../node/samples/generator.ts';
import type { World } from './parties.ts';

/** δ of every release. */
const DELTA = 1e-5;

/** One row of the table. */
export interface Row {
  readonly name: string;
  /** Whether it takes minutes. */
  readonly slow: boolean;
  /** Makes `count` samples; ε is that of an original record, null for real digits. */
  make(world: World, count: number): Promise<{ inputs: Float32Array; epsilon: number | null }>;
}

/** Rows of generators with the owner's first `records` records. */
function generated(
  name: string,
  records: number,
  options: Pick<SampleGeneratorOptions, 'kind' | 'epsilon' | 'paperAccounting'>,
  normalisation: Normalisation,
): Row {
  const generator = createSampleGenerator({ ...options, delta: DELTA, normalisation }, () => {});
  return {
    name,
    slow: options.kind === 'dpgan' && records > 6000,
    async make({ owner }, count) {
      const first = Uint32Array.from({ length: records }, (_, index) => index);
      const { samples, privacy } = await generator.generate(selectExamples(owner, first), count);
      return { inputs: samples.inputs, epsilon: privacy.epsilon };
    },
  };
}

/** All rows. */
export function createRows(format: InputFormat): Row[] {
  const features = format.shape.reduce((product, side) => product * side, 1);
  const sweep = (kind: 'gaussian' | 'dpgan', sizes: readonly number[]) =>
    sizes.flatMap((records) =>
      [1, 4, 8].map((epsilon) =>
        generated(`${kind}, N = ${records}, ε = ${epsilon}`, records, { kind, epsilon }, format),
      ),
    );
  return [
    {
      name: 'real held-out digits',
      slow: false,
      make: async ({ heldOut }, count) => ({ inputs: heldOut.inputs.slice(0, count * features), epsilon: null }),
    },
    ...sweep('gaussian', [600, 6000, 30_000]),
    ...sweep('dpgan', [600, 6000, 30_000]),
    generated('the paper’s recipe, N = 600', 600, { kind: 'dpgan', epsilon: 4, paperAccounting: true }, format),
    {
      name: 'noise, no data at all',
      slow: false,
      async make({ seed }, count) {
        const random = createSeededRandom(seed);
        const normal = () => Array.from({ length: 12 }, () => random.uniform()).reduce((a, b) => a + b, -6);
        return { inputs: Float32Array.from({ length: count * features }, normal), epsilon: 0 };
      },
    },
  ];
}
