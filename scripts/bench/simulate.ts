/**
 * `npm run bench:simulate`: how fast whole consortia run in one process, and how much of that is neither training nor
 * labelling, by the samples of V8's profiler.
 * @module
 */
import { type Profiler, Session } from 'node:inspector/promises';
import { cpus } from 'node:os';
import Table from 'cli-table3';
import { Command } from 'commander';
import { createLearner } from '../../node/learner/learner.ts';
import { formParties } from '../../node/simulation/setting.ts';
import { simulate } from '../../node/simulation/simulate.ts';
import { demoConsortium } from '../demo/prepare.ts';
import { readData } from '../simulate/data.ts';

/** Where a moment of the run belongs, by the first of these that stands on its stack. */
const parts = {
  kernels: /^wasm:|\/node\/learner\//,
  samples: /\/node\/samples\/|\/node\/privacy\//,
} as const;

/** CPU seconds of this process so far, all threads. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Seconds of a profile by part; `all` without idling. */
function secondsOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile) {
  const partOf = new Map<number, keyof typeof parts | 'idle' | 'other'>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const enter = (id: number, inherited: keyof typeof parts | undefined) => {
    const node = byId.get(id);
    if (node === undefined) return;
    const { url, functionName } = node.callFrame;
    const own = inherited ?? (Object.keys(parts) as (keyof typeof parts)[]).find((part) => parts[part].test(url));
    partOf.set(id, functionName === '(idle)' ? 'idle' : (own ?? 'other'));
    for (const child of node.children ?? []) enter(child, own);
  };
  enter(nodes[0].id, undefined);
  const total = { kernels: 0, samples: 0, idle: 0, other: 0 };
  samples.forEach((id, index) => {
    total[partOf.get(id) ?? 'other'] += timeDeltas[index] / 1e6;
  });
  return { ...total, all: total.kernels + total.samples + total.other };
}

const given = new Command('npm run bench:simulate --')
  .description('Speed of whole consortia in one process, on one thread.')
  .option('--parties <list>', 'numbers of parties; 4,13 unless given, 4,15,50 with --data', (text) =>
    text.split(',').map(Number),
  )
  .option('--rounds <n>', 'rounds of each run', Number, 30)
  .option('--data <folder>', "MNIST's four IDX files, for more than 13 parties")
  .option('--json', 'print JSON')
  .parse()
  .opts<{ parties?: number[]; rounds: number; data?: string; json?: true }>();

const consortium = demoConsortium({ rounds: given.rounds });
const { train, test } = await readData(given.data, consortium.inputs);
const session = new Session();
session.connect();
await session.post('Profiler.enable');
const rows = [];
for (const parties of given.parties ?? (given.data === undefined ? [4, 13] : [4, 15, 50])) {
  const learner = await createLearner(consortium.model, consortium.inputs);
  const options = {
    consortium,
    parties: formParties('different', parties, train, 1).parties,
    test,
    seed: 1,
    // Measuring accuracy is labelling only, and would flatter the share.
    isMeasured: () => false,
    learner,
  };
  // A run of one round first, so that compiling does not count.
  await simulate({ ...options, consortium: demoConsortium({ rounds: 1 }) });
  await session.post('Profiler.start');
  const started = cpuSeconds();
  await simulate(options);
  const whole = cpuSeconds() - started;
  const { profile } = await session.post('Profiler.stop');
  const seconds = secondsOf(profile);
  const share = (value: number, whole = seconds.all) => Number((value / whole).toFixed(3));
  rows.push({
    parties,
    rounds: given.rounds,
    roundsPerCpuSecond: Number((given.rounds / whole).toFixed(3)),
    shareOutsideKernels: share(seconds.all - seconds.kernels),
    shareOfMakingSamples: share(seconds.samples),
    // Samples are made once, whatever the number of rounds.
    shareOutsideKernelsOfTheRest: share(seconds.other, seconds.all - seconds.samples),
  });
}
session.disconnect();
if (given.json) {
  console.log(JSON.stringify({ cpu: cpus()[0].model, rows }, null, 2));
} else {
  const table = new Table({
    head: [
      'parties',
      'rounds',
      'rounds per CPU-second',
      'outside kernels',
      'making samples',
      'outside kernels, of the rest',
    ],
  });
  table.push(...rows.map((row) => Object.values(row)));
  console.log(table.toString());
}
