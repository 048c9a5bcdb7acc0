/**
 * Measures the sample generators: how well their samples tell parties apart, at which privacy, in how much time.
 *
 *   npm run bench:samples -- --mnist <folder with the four IDX files> [--seeds 5] [--json <file>] [--quick] [--rows <text>]
 *
 * --quick leaves out N = 30,000; --rows <text> keeps the rows whose name holds the text.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readIdx } from '../../node/dataset/idx.ts';
import { picturesToExamples, selectExamples } from '../../node/dataset/pictures.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { createSeededRandom } from '../../node/random.ts';
import { createDpganGenerator } from '../../node/samples/dpgan.ts';
import { createGaussianGenerator } from '../../node/samples/gaussian.ts';
import { measureClipping } from './samples/clipping.ts';
import { createWorld, type World } from './samples/parties.ts';
import { createDiscrepancy, type Rating, rate } from './samples/rating.ts';

const FORMAT = { shape: [32, 32, 1], classes: 10, mean: 0.10004, stdDev: 0.27522 };
const DELTA = 1e-5;
/** Samples rated. */
const COUNT = 1000;

const { values } = parseArgs({
  options: {
    mnist: { type: 'string', default: join(process.env['DPPDL_SHARED'] ?? '../shared', 'data', 'mnist') },
    seeds: { type: 'string', default: '5' },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    rows: { type: 'string', default: '' },
  },
});

/** One row of the table: where the samples come from. */
interface Row {
  readonly name: string;
  readonly make: (world: World) => Promise<{ inputs: Float32Array; epsilon: number | null }>;
}

async function read(part: string) {
  const file = (what: string) => join(values.mnist, `${part}-${what}-ubyte.gz`);
  const pictures = await readIdx(file('images-idx3'), file('labels-idx1'));
  return picturesToExamples(pictures, FORMAT, part);
}

const [train, test] = [await read('train'), await read('t10k')];
const half = test.inputs.length / 2;
const discrepancy = createDiscrepancy(test.inputs.subarray(half, half + 1000 * 1024), [32, 32, 1], FORMAT);
const learner = await createLearner({ kind: 'mlp', layers: [1024, 128, 64, 10] }, FORMAT);
const worlds: World[] = [];
for (let seed = 1; seed <= Number(values.seeds); seed++) worlds.push(await createWorld(train, test, learner, seed));

/** A generator's row. */
function generated(kind: 'gaussian' | 'dpgan', records: number, epsilon: number): Row {
  const options = { epsilon, delta: DELTA, normalisation: FORMAT };
  const generator = kind === 'gaussian' ? createGaussianGenerator(options) : createDpganGenerator(options);
  return {
    name: `${kind}, N = ${records}`,
    async make({ owner }) {
      const indices = Uint32Array.from({ length: records }, (_, index) => index);
      const { samples, privacy } = await generator.generate(selectExamples(owner, indices), COUNT);
      return { inputs: samples.inputs, epsilon: privacy.epsilon };
    },
  };
}

const sizes = values.quick ? [600, 6000] : [600, 6000, 30_000];
const rows: Row[] = [
  {
    name: 'real held-out digits',
    async make({ seed }) {
      const start = ((seed - 1) % 5) * COUNT * 1024;
      return { inputs: test.inputs.slice(start, start + COUNT * 1024), epsilon: null };
    },
  },
  ...(['gaussian', 'dpgan'] as const).flatMap((kind) =>
    sizes.flatMap((records) => [1, 4, 8].map((epsilon) => generated(kind, records, epsilon))),
  ),
  {
    name: 'the paper’s accounting, N = 600',
    async make({ owner }) {
      const options = { epsilon: 4, delta: DELTA, normalisation: FORMAT, paperAccounting: true };
      const examples = selectExamples(
        owner,
        Uint32Array.from({ length: 600 }, (_, index) => index),
      );
      const { samples, privacy } = await createDpganGenerator(options).generate(examples, COUNT);
      return { inputs: samples.inputs, epsilon: privacy.epsilon };
    },
  },
  {
    name: 'noise, no data at all',
    async make({ seed }) {
      const random = createSeededRandom(seed);
      const normal = () => Array.from({ length: 12 }, () => random.uniform()).reduce((a, b) => a + b, -6);
      return { inputs: Float32Array.from({ length: COUNT * 1024 }, normal), epsilon: 0 };
    },
  },
];

/** Mean and standard deviation, for the table. */
function spread(numbers: readonly number[]): string {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, numbers.length - 1);
  return `${mean.toFixed(3)} ± ${Math.sqrt(variance).toFixed(3)}`;
}

const heads = [
  'samples',
  'ε per record',
  'gap',
  'rank, all 30',
  'rank, 12 graded',
  'rarest class',
  'discrepancy',
  'CPU s',
];
process.stdout.write(`| ${heads.join(' | ')} |\n|${heads.map(() => '---').join('|')}|\n`);
const results: Record<string, unknown>[] = [];
for (const { name, make } of rows.filter((row) => row.name.includes(values.rows))) {
  const ratings: Rating[] = [];
  const seconds: number[] = [];
  let epsilon: number | null = null;
  for (const world of worlds) {
    const start = process.cpuUsage();
    const made = await make(world);
    const { user, system } = process.cpuUsage(start);
    seconds.push((user + system) / 1e6);
    epsilon = made.epsilon;
    const rating = await rate(made.inputs, world.labellers, learner, FORMAT.classes);
    ratings.push({ ...rating, discrepancy: discrepancy(made.inputs) });
  }
  const column = (key: keyof Rating) => spread(ratings.map((rating) => rating[key]));
  const cpu = seconds.reduce((sum, value) => sum + value, 0) / seconds.length;
  const cells = [
    name,
    epsilon === null ? 'not private' : String(Math.round(epsilon * 100) / 100),
    ...(['gap', 'rankAll', 'rankGraded', 'rarest', 'discrepancy'] as const).map(column),
    cpu.toFixed(2),
  ];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
  results.push({ name, epsilon, ratings, cpuSeconds: seconds });
}

const critics = [
  [115, 64, 32, 1],
  [1034, 128, 64, 1],
];
process.stdout.write(
  '\n| critic | records per CPU-second, unclipped | clipped | loop over records |\n|---|---|---|---|\n',
);
const clipping = critics.map((layers) => ({ layers, ...measureClipping(layers) }));
for (const { layers, unclipped, clipped, loop } of clipping) {
  process.stdout.write(
    `| ${layers.join('-')} | ${[unclipped, clipped, loop].map((n) => n.toFixed(0)).join(' | ')} |\n`,
  );
}
await learner.close();
if (values.json !== undefined) {
  await writeFile(
    values.json,
    `${JSON.stringify({ seeds: worlds.length, count: COUNT, results, clipping }, null, 1)}\n`,
  );
}
