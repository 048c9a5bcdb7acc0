/**
 * Measures the sample generators: how well their samples tell parties apart, at which privacy, in how much time.
 *
 *   npm run bench:samples -- --mnist <folder with the four IDX files> [--seeds 5] [--rows <text>] [--count 1000]
 *     [--minutes <number>] [--json <file>] [--cache <folder>] [--tuning] [--no-clipping]
 *
 * --rows keeps the rows whose name holds the text. Trained parties and measured rows are remembered in the cache, a folder
 * outside the tree: an interrupted run goes on where it was, and rows are measured anew when the generators' sources
 * change. After --minutes nothing new is begun; the table says how many seeds each row has. --tuning takes other digits and other seeds (from 101 on) for choosing the generators' constants.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readIdx } from '../../node/dataset/idx.ts';
import { picturesToExamples } from '../../node/dataset/pictures.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { fingerprint, openCache } from './samples/cache.ts';
import { measureClipping } from './samples/clipping.ts';
import { createWorld, type Purpose } from './samples/parties.ts';
import { createDiscrepancy, type Rating, rate } from './samples/rating.ts';
import { createRows, type Row } from './samples/rows.ts';

const FORMAT = { shape: [32, 32, 1], classes: 10, mean: 0.10004, stdDev: 0.27522 };
/** Seeds from here on are for tuning. */
const TUNING_SEED = 100;

const { values } = parseArgs({
  options: {
    mnist: { type: 'string', default: join(process.env['DPPDL_SHARED'] ?? '../shared', 'data', 'mnist') },
    seeds: { type: 'string', default: '5' },
    count: { type: 'string', default: '1000' },
    rows: { type: 'string', default: '' },
    minutes: { type: 'string', default: 'Infinity' },
    json: { type: 'string' },
    cache: { type: 'string', default: join(tmpdir(), 'dppdl-bench-samples') },
    tuning: { type: 'boolean', default: false },
    'no-clipping': { type: 'boolean', default: false },
  },
});
const count = Number(values.count);
const purpose: Purpose = values.tuning ? 'tuning' : 'benchmark';

/** What one row gave with one seed. */
interface Measured {
  readonly seed: number;
  readonly epsilon: number | null;
  readonly cpuSeconds: number;
  readonly rating: Rating;
}

const files = (['train', 't10k'] as const).map((part) => ({
  images: join(values.mnist, `${part}-images-idx3-ubyte.gz`),
  labels: join(values.mnist, `${part}-labels-idx1-ubyte.gz`),
  part,
}));
const [train, test] = await Promise.all(
  files.map(async ({ images, labels, part }) => picturesToExamples(await readIdx(images, labels), FORMAT, part)),
);
const cache = await openCache(values.cache);
const here = (path: string) => join(import.meta.dirname, path);
const models = await fingerprint([
  ...files.flatMap(({ images, labels }) => [images, labels]),
  here('../../node/learner/'),
]);
const sources = await fingerprint([here('../../node/samples/'), here('../../node/privacy/'), here('samples/')]);
const learner = await createLearner({ kind: 'mlp', layers: [1024, 128, 64, 10] }, FORMAT);

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

const end = performance.now() + 60_000 * Number(values.minutes);

/** Samples made and rated, or what the cache remembers of it; undefined if it does not and there is no time left. */
async function measure(row: Row, seed: number): Promise<Measured | undefined> {
  const key = ['row', models, sources, purpose, count, row.name, seed];
  if (performance.now() > end && !(await cache.holds(key))) return undefined;
  return cache.json(key, async () => {
    const world = await createWorld(train, test, learner, seed, purpose, cache, models, (done, of) =>
      progress(`seed ${seed}: trained ${done} of ${of} parties`),
    );
    progress(`${row.name}: seed ${seed}`);
    const start = process.cpuUsage();
    const { inputs, epsilon } = await row.make(world, count);
    const { user, system } = process.cpuUsage(start);
    const rating = await rate(inputs, world.labellers, learner, FORMAT.classes);
    const reference = (purpose === 'tuning' ? world.owner : test).inputs.slice(-1000 * 1024);
    const discrepancy = createDiscrepancy(reference, [32, 32, 1], FORMAT);
    return {
      seed,
      epsilon,
      cpuSeconds: (user + system) / 1e6,
      rating: { ...rating, discrepancy: discrepancy(inputs) },
    };
  });
}

/** Mean and standard deviation, for the table. */
function spread(numbers: readonly number[], digits: number): string {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, numbers.length - 1);
  return `${mean.toFixed(digits)} ± ${Math.sqrt(variance).toFixed(digits)}`;
}

const seeds = Array.from({ length: Number(values.seeds) }, (_, n) => n + 1 + (values.tuning ? TUNING_SEED : 0));
const rows = createRows(FORMAT).filter(({ name }) => name.includes(values.rows));
const results = new Map<Row, Measured[]>(rows.map((row) => [row, []]));
// Seed by seed, the slowest rows last, so that a run that ends early leaves as many whole rows as possible.
for (const slow of [false, true]) {
  for (const seed of seeds) {
    for (const row of rows.filter((row) => row.slow === slow)) {
      const measured = await measure(row, seed);
      if (measured !== undefined) results.get(row)?.push(measured);
    }
  }
}
await learner.close();
progress('');

const heads = ['samples', 'seeds', 'ε per record', 'gap', 'rank, all 30', 'good tied', '12 graded', 'rarest class'];
process.stdout.write(`| ${[...heads, 'discrepancy', 'CPU s'].join(' | ')} |\n|${'---|'.repeat(heads.length + 2)}\n`);
for (const [{ name }, runs] of results) {
  if (runs.length === 0) continue;
  const column = (key: keyof Rating, digits = 2) =>
    spread(
      runs.map(({ rating }) => rating[key]),
      digits,
    );
  const [{ epsilon }] = runs;
  const cells = [
    name,
    String(runs.length),
    epsilon === null ? 'not private' : String(Math.round(epsilon * 100) / 100),
    ...(['gap', 'rankAll', 'rankTied', 'rankGraded', 'rarest'] as const).map((key) => column(key)),
    column('discrepancy', 1),
    (runs.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / runs.length).toFixed(2),
  ];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}

const critics = values['no-clipping']
  ? []
  : [
      [115, 64, 32, 1],
      [1034, 128, 64, 1],
    ];
const clipping = critics.map((layers) => ({ layers, ...measureClipping(layers) }));
if (clipping.length > 0) {
  process.stdout.write(
    '\n| critic | records per CPU-second, unclipped | clipped | loop over records |\n|---|---|---|---|\n',
  );
}
for (const { layers, unclipped, clipped, loop } of clipping) {
  process.stdout.write(
    `| ${layers.join('-')} | ${[unclipped, clipped, loop].map((n) => n.toFixed(0)).join(' | ')} |\n`,
  );
}
if (values.json !== undefined) {
  await writeFile(
    values.json,
    `${JSON.stringify({ purpose, count, rows: [...results].map(([{ name }, runs]) => ({ name, runs })), clipping }, null, 1)}\n`,
  );
}
