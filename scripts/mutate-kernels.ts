/**
 * Breaks the kernels one small change at a time and looks whether a test notices. Each broken kernel is compiled as the
 * project's are, put into a copy of the project, and taken through the tests that run it, quick ones first, until one
 * fails or does not end.
 *
 *   node scripts/mutate-kernels.ts [--list] [--only <part of file:line>] [--seed <n>] [--stop-after <minutes>]
 *
 * All changes take about a day; a run ends after ten hours unless `--stop-after` says otherwise, and can be stopped at
 * any time. Changes are tried in an order that the seed shuffles, so that those of a part of the time are a fair sample
 * of all. Verdicts are kept in `build/kernel-mutants.jsonl`, and the next run goes on from there as long as the kernels
 * are the same; what survived is tried again, because tests may have been added.
 * Prints the survivors and exits 1 when fewer than 95 % are noticed, 2 when nothing was judged.
 * @module
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSeededRandom } from '../node/random.ts';
import { compileKernel } from './compileKernel.ts';
import { concludeMutation } from './mutation/conclude.ts';
import { kernelMutants } from './mutation/kernelMutants.ts';
import { fingerprint, type Mutant, printMutants } from './mutation/mutant.ts';
import { openVerdicts, type Verdict } from './mutation/verdicts.ts';

const root = join(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    'stop-after': { type: 'string', default: '600' },
  },
});

/** Kernels that train and make samples, with the tests that run them. What is measured on is in none of them. */
const kernels = [
  { name: 'learner-mlp', source: 'node/learner/assembly/mlp.ts', tests: 'learner' },
  { name: 'learner-cnn', source: 'node/learner/assembly/cnn.ts', tests: 'learner' },
  { name: 'samples-matrices', source: 'node/samples/assembly/matrices.ts', tests: 'samples' },
] as const;
const testFiles = {
  learner: ['engine', 'digests', 'learner', 'tensorflow'].map((name) => `test/learner/${name}.test.ts`),
  samples: ['critic', 'noisySum', 'perRecord', 'generators'].map((name) => `test/samples/${name}.test.ts`),
};
const originals = new Map(
  globSync('node/*/assembly/*.ts', { cwd: root })
    .filter((file) => basename(file) !== 'limits.ts')
    .sort()
    .map((file) => [file, readFileSync(join(root, file), 'utf8')]),
);

const mutants = [...originals].flatMap(([file, text]) => kernelMutants(file, text));
const all = [...createSeededRandom(Number(options.seed)).permutation(mutants.length)]
  .map((index) => mutants[index])
  .filter(({ file, line }) => `${file}:${line}`.includes(options.only));
console.log(`${all.length} changes`);
if (options.list) {
  await printMutants(all);
  process.exit(0);
}

/** Compiles a kernel with one source replaced. */
function compile({ source }: (typeof kernels)[number], relaxed: boolean, mutant?: Mutant): Promise<Uint8Array> {
  return compileKernel(source, relaxed, (path) =>
    path === mutant?.file ? mutant.source : (originals.get(path) ?? null),
  );
}

function fileOf({ name }: (typeof kernels)[number], relaxed: boolean): string {
  return `${name}${relaxed ? '.relaxed' : ''}.wasm`;
}

/** The sources a kernel is made of. */
function sourcesOf(source: string): Set<string> {
  const sources = new Set([source]);
  for (const file of sources) {
    for (const [, path] of (originals.get(file) ?? '').matchAll(/ from '([^']+)'/g)) {
      sources.add(`${join(file, '..', path)}.ts`);
    }
  }
  return sources;
}

// A copy of the project: modules behind links would find the real one's kernels.
const copy = mkdtempSync(join(tmpdir(), 'dppdl-kernels-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
for (const name of ['node', 'sdk', 'test', 'package.json']) {
  cpSync(join(root, name), join(copy, name), { recursive: true });
}
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
mkdirSync(join(copy, 'build/kernels'), { recursive: true });

/** The compiled kernels as they are, by file. */
const sound = new Map<string, Uint8Array>();
for (const kernel of kernels) {
  for (const relaxed of [false, true]) sound.set(fileOf(kernel, relaxed), await compile(kernel, relaxed));
}
function put(files: ReadonlyMap<string, Uint8Array>): void {
  for (const [name, bytes] of files) writeFileSync(join(copy, 'build/kernels', name), bytes);
}

/**
 * Whether a test file fails with the kernels in the copy, or goes on for more than `seconds` of the processor's time or,
 * because its threads wait for one another, ten times as long by the clock.
 */
function fails(file: string, seconds: number): boolean {
  // The shell becomes the test, so that it is the test that is killed.
  const command = 'ulimit -t "$0" && exec "$@"';
  const words = [process.execPath, '--import', './test/compileCache.mjs', file];
  const limits = { timeout: 10_000 * seconds, killSignal: 'SIGKILL' } as const;
  return spawnSync('sh', ['-c', command, String(seconds), ...words], { cwd: copy, ...limits }).status !== 0;
}

/** Seconds after which a test is taken for one that does not end: several times what it takes with sound kernels. */
const patience = new Map<string, number>();

async function judge(mutant: Mutant): Promise<Verdict> {
  const isNoticed = (file: string) => fails(file, patience.get(file) ?? 0);
  const tests = new Set<string>();
  try {
    for (const kernel of kernels) {
      if (!sourcesOf(kernel.source).has(mutant.file)) continue;
      const [quickest, ...others] = testFiles[kernel.tests];
      for (const relaxed of [false, true]) {
        const file = fileOf(kernel, relaxed);
        const bytes = await compile(kernel, relaxed, mutant).catch(() => undefined);
        if (bytes === undefined) return 'uncompilable';
        if (Buffer.compare(bytes, sound.get(file) ?? bytes) === 0) continue;
        put(new Map([[file, bytes]]));
        if (isNoticed(quickest)) return 'noticed';
        for (const other of others) tests.add(other);
      }
    }
    if (tests.size === 0) return 'same';
    return [...tests].some(isNoticed) ? 'noticed' : 'survived';
  } finally {
    put(sound);
  }
}

put(sound);
for (const file of Object.values(testFiles).flat()) {
  const before = performance.now();
  if (fails(file, 600)) throw new Error(`${file} fails with the kernels as they are`);
  patience.set(file, Math.ceil(5 + (4 * (performance.now() - before)) / 1000));
}

const verdicts = openVerdicts(join(root, 'build/kernel-mutants.jsonl'));
const count: Record<Verdict, number> = { noticed: 0, survived: 0, same: 0, uncompilable: 0 };
const end = Date.now() + Number(options['stop-after']) * 60_000;
let done = 0;
for (const mutant of all) {
  const print = fingerprint(originals, mutant);
  const settled = verdicts.settled(print);
  if (settled === undefined && Date.now() > end) break;
  const verdict = settled ?? (await judge(mutant));
  if (settled === undefined) verdicts.add(print, verdict);
  count[verdict]++;
  done++;
  if (verdict === 'survived') console.log(`survived  ${mutant.file}:${mutant.line}  ${mutant.what}`);
  if (done % 20 === 0) console.log(`${done} of ${all.length}: ${JSON.stringify(count)}`);
}
console.log(`${done} of ${all.length}: ${JSON.stringify(count)}`);
process.exitCode = concludeMutation(count);
