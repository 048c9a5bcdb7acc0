/**
 * `npm run bench:learner`: how fast models train and label here, in steps and rows per CPU-second on one core, medians of
 * interleaved runs, beside the machine's limits and other libraries measured in the same run. Prints Markdown.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { Command } from 'commander';
import { readMnistPackage } from '../../node/dataset/mnistPackage.ts';
import { picturesToExamples, selectExamples } from '../../node/dataset/pictures.ts';
import { createSeededRandom } from '../../node/random.ts';
import type { Examples } from '../../node/types.ts';
import {
  type Contender,
  labelledRows,
  ownContender,
  type Setting,
  shape,
  tensorFlowContenders,
  torchContender,
} from './learner/contenders.ts';
import { measureEpochs, shardSize } from './learner/epochs.ts';
import { limitOf, measureLimits } from './learner/limits.ts';
import { format, head, median, row } from './learner/table.ts';
import { onnxContender } from './learner/withOnnxRuntime.ts';

const options = new Command('npm run bench:learner --')
  .description('Training and labelling speed beside the machine’s limits and other libraries; 6 to 10 minutes.')
  .option('--rounds <n>', 'runs of each, of which the median counts', Number, 5)
  .option('--seconds <s>', 'CPU seconds of a run', Number, 0.4)
  .option('--python <path>', 'a Python that may have torch', 'python3')
  .option('--onnxruntime <folder>', 'a folder that may have onnxruntime-node in its node_modules', '.')
  .option('--tfjs-node <folder>', 'a folder that may have @tensorflow/tfjs-node in its node_modules', '.')
  .option('--json <file>', 'write every single figure to a file as well')
  .addHelpText(
    'after',
    `
Example:
  npm run bench:learner -- --python venv/bin/python --onnxruntime ort --tfjs-node tfjs --json docs/results/learner.json`,
  )
  .parse()
  .opts<{
    rounds: number;
    seconds: number;
    python: string;
    onnxruntime: string;
    tfjsNode: string;
    json?: string;
  }>();
const { rounds, seconds } = options;
const load = loadavg()[0];
if (load > 0.5) console.error(`The machine is busy (load ${load.toFixed(1)}): the figures will be noise.`);

const inputs = { shape: [...shape], classes: 10, mean: 0.10004, stdDev: 0.27522 };
const digits = picturesToExamples(await readMnistPackage(), inputs, 'the mnist package');
const random = createSeededRandom(1);
const some = (count: number) =>
  selectExamples(
    digits,
    Uint32Array.from({ length: count }, (_, index) => index),
  );
const noiseLike = (examples: Examples): Examples => ({
  ...examples,
  inputs: Float32Array.from(examples.inputs, () => 2 * random.uniform() - 1),
});
const settings: Setting[] = (['mlp', 'cnn'] as const).flatMap((name) =>
  [1, 32, 128].map((batch): Setting => {
    const own = some(Math.min(5120, Math.max(640, batch * (name === 'mlp' ? 40 : 5))));
    const model = name === 'mlp' ? { kind: name, layers: [1024, 128, 64, 10] } : { kind: name, channels: 1 as const };
    return { name, batch, model, data: { digits: own, noise: noiseLike(own) } };
  }),
);
/** One setting of each model. */
const models = settings.filter(({ batch }) => batch === 1);

const torch = await torchContender(options.python);
const onnx = await onnxContender(options.onnxruntime);
const tensorFlow = await tensorFlowContenders(options.tfjsNode);
const own = ([true, false] as const).flatMap((relaxed) =>
  (['digits', 'noise'] as const).map((data) => ({ relaxed, contender: ownContender(relaxed, data) })),
);
const others = [torch, onnx, ...tensorFlow].filter((contender) => contender !== undefined);
const contenders: Contender[] = [...own.map(({ contender }) => contender), ...others];
if (torch === undefined) console.error(`${options.python} has no torch: PyTorch is left out.`);
if (onnx === undefined) console.error(`${options.onnxruntime} has no onnxruntime-node: it is left out.`);
if (tensorFlow.length < 3) console.error(`${options.tfjsNode} has no tfjs-node that loads: it is left out.`);

const limits = measureLimits();
const trained = new Map<Contender, Map<Setting, number[]>>(
  contenders.map((contender) => [contender, new Map(settings.map((setting) => [setting, []]))]),
);
const labelled = new Map<Contender, Map<Setting, number[]>>(
  contenders.map((contender) => [contender, new Map(models.map((setting) => [setting, []]))]),
);
/** TensorFlow.js in plain JavaScript takes long and is far behind: it is measured once. */
const slow = ({ name }: Contender) => name === 'tfjs cpu';
for (let round = 0; round < rounds; round++) {
  console.error(`round ${round + 1} of ${rounds}`);
  const present = contenders.filter((each) => round === 0 || !slow(each));
  for (const setting of settings) {
    for (const contender of present) {
      const speed = await contender.measure(setting, seconds);
      if (speed !== undefined) trained.get(contender)?.get(setting)?.push(speed);
    }
  }
  for (const setting of models) {
    for (const contender of present) {
      const speed = await contender.label?.(setting, seconds);
      if (speed !== undefined) labelled.get(contender)?.get(setting)?.push(speed);
    }
  }
}

const medianOf = (results: typeof trained, contender: Contender, setting: Setting) => {
  const speeds = results.get(contender)?.get(setting) ?? [];
  return speeds.length === 0 ? Number.NaN : median(speeds);
};
const machine = `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}`;
console.log(
  `${machine}; medians of ${rounds}, ${new Date().toISOString().slice(0, 10)}, load ${load.toFixed(1)} at the start.\n`,
);
console.log(
  `One core: ${format(limits.multiplyAdds / 1e9)} G multiply-adds/s with simd128, ${format(limits.fused / 1e9)} with ` +
    `relaxed-simd; update of ${format(limits.cache / 1e9)} GB/s in the second-level cache, ` +
    `${format(limits.memory / 1e9)} in memory.\n`,
);
const limitsOf = ({ name, batch }: Setting) => limitOf(limits, name, batch);
head(
  ['steps per CPU-second'],
  settings.map(({ name, batch }) => `${name} B${batch}`),
);
for (const [title, kind] of [
  ['limit of arithmetic, relaxed-simd', 'relaxed'],
  ['limit of arithmetic, simd128', 'simd128'],
  ['limit of the cache', 'cache'],
  ['limit of memory', 'memory'],
] as const) {
  row(title, ...settings.map((setting) => format(limitsOf(setting)[kind])));
}
for (const contender of contenders) {
  row(contender.name, ...settings.map((setting) => format(medianOf(trained, contender, setting))));
}
for (const other of others.filter(({ name }) => !/wasm|cpu/.test(name))) {
  for (const { contender } of own) {
    const ratios = settings.map((s) => medianOf(trained, contender, s) / medianOf(trained, other, s));
    row(`${contender.name} ÷ ${other.name.split(' ')[0]}`, ...ratios.map(format));
  }
}
for (const { relaxed, contender } of own) {
  const shares = settings.map((setting) => {
    const limit = limitsOf(setting);
    return medianOf(trained, contender, setting) / Math.min(limit.cache, relaxed ? limit.relaxed : limit.simd128);
  });
  row(`${contender.name} ÷ the lower of arithmetic and cache`, ...shares.map(format));
}
for (const { contender } of own) {
  const shares = settings.map((setting) => medianOf(trained, contender, setting) / limitsOf(setting).memory);
  row(`${contender.name} ÷ limit of memory`, ...shares.map(format));
}

console.log(`\nLabelling, ${labelledRows} rows at a time:\n`);
head(
  ['rows per CPU-second'],
  models.map(({ name }) => name),
);
for (const contender of contenders.filter(({ label }) => label !== undefined)) {
  row(contender.name, ...models.map((setting) => format(medianOf(labelled, contender, setting))));
}

console.log(`\nA local epoch of ${shardSize} digits, batch 1, on a pool of as many threads as cores:\n`);
head(
  ['model', 'kernels'],
  [
    ...['parties', 'wall seconds', 'CPU seconds', 'steps per CPU-second'],
    ...['kernel memory per thread', 'parameters and examples per party'],
  ],
);
const megabytes = (bytes: number) => `${format(bytes / 2 ** 20)} MB`;
const epochs: object[] = [];
for (const { name, model } of models) {
  for (const relaxed of [false, true]) {
    for (const parties of [4, 50]) {
      const result = await measureEpochs(model, digits, { parties, relaxed, rounds });
      const kernels = relaxed ? 'relaxed-simd' : 'simd128';
      epochs.push({ model: name, kernels, parties, ...result });
      row(
        name,
        kernels,
        parties,
        result.wallSeconds.toFixed(3),
        result.cpuSeconds.toFixed(3),
        format((parties * shardSize) / result.cpuSeconds),
        megabytes(result.kernelBytesPerThread),
        megabytes(result.bytesPerParty),
      );
    }
  }
}
for (const contender of contenders) contender.close();
if (options.json !== undefined) {
  const runsOf = (results: typeof trained, setting: Setting) =>
    Object.fromEntries(contenders.map((each) => [each.name, results.get(each)?.get(setting) ?? []]));
  const steps = settings.map((setting) => ({
    model: setting.name,
    batch: setting.batch,
    limits: limitsOf(setting),
    stepsPerCpuSecond: runsOf(trained, setting),
  }));
  const labels = models.map((setting) => ({
    model: setting.name,
    rowsAtATime: labelledRows,
    rowsPerCpuSecond: runsOf(labelled, setting),
  }));
  const date = new Date().toISOString();
  const report = { date, machine, load, rounds, seconds, limits, steps, labels, epochs };
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}
