/**
 * `npm run bench:simulate`: how fast whole consortia run in one process, and how much of that is not training or
 * labelling. The kernels' part is measured by doing the same training and labelling again with nothing around it.
 * @module
 */
import { cpus } from 'node:os';
import { Command } from 'commander';
import type { Learner } from '../../node/algorithm/ports.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { formParties } from '../../node/simulation/setting.ts';
import { simulate } from '../../node/simulation/simulate.ts';
import { demoConsortium } from '../demo/prepare.ts';
import { readData } from '../simulate/data.ts';

/** CPU seconds of this process so far, all threads. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** A learner that remembers what it was asked to do. */
function recording(learner: Learner): { learner: Learner; replay: () => Promise<void> } {
  const work: (() => Promise<unknown>)[] = [];
  const replay = async () => {
    for (const job of work) await job();
  };
  const recorded: Learner = {
    ...learner,
    train(...given) {
      work.push(() => learner.train(...given));
      return learner.train(...given);
    },
    label(...given) {
      work.push(() => learner.label(...given));
      return learner.label(...given);
    },
  };
  return { learner: recorded, replay };
}

const given = new Command('npm run bench:simulate --')
  .description('Speed of whole consortia in one process, on one thread.')
  .option('--parties <list>', 'numbers of parties; 4,13 unless given, 4,15,50 with --data', (text) =>
    text.split(',').map(Number),
  )
  .option('--rounds <n>', 'rounds of each run', Number, 60)
  .option('--data <folder>', "MNIST's four IDX files, for more than 13 parties")
  .option('--json', 'print JSON')
  .parse()
  .opts<{ parties?: number[]; rounds: number; data?: string; json?: true }>();

const consortium = demoConsortium({ rounds: given.rounds });
const { train, test } = await readData(given.data, consortium.inputs);
const rows = [];
for (const parties of given.parties ?? (given.data === undefined ? [4, 13] : [4, 15, 50])) {
  const learner = await createLearner(consortium.model, consortium.inputs);
  const { learner: recorded, replay } = recording(learner);
  // A run of one round first, so that compiling does not count.
  const options = {
    consortium,
    parties: formParties('different', parties, train, 1).parties,
    test,
    seed: 1,
    // Measuring accuracy is labelling only, and would flatter the share.
    isMeasured: () => false,
  };
  await simulate({ ...options, consortium: demoConsortium({ rounds: 1 }), learner });
  const started = cpuSeconds();
  await simulate({ ...options, learner: recorded });
  const whole = cpuSeconds() - started;
  const again = cpuSeconds();
  await replay();
  const kernels = cpuSeconds() - again;
  rows.push({
    parties,
    rounds: given.rounds,
    cpuSecondsPerRound: Number((whole / given.rounds).toFixed(3)),
    roundsPerCpuSecond: Number((given.rounds / whole).toFixed(3)),
    shareOutsideKernels: Number((1 - kernels / whole).toFixed(3)),
  });
}
if (given.json) console.log(JSON.stringify({ cpu: cpus()[0].model, rows }, null, 2));
else console.table(rows);
