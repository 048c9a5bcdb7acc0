/**
 * How fast models train here: steps per CPU-second on one core, medians of interleaved runs, beside the machine's limits
 * and other libraries measured in the same run. Prints Markdown.
 *
 * `npm run bench:learner [-- --rounds 5 --seconds 0.4 --python python3 --onnxruntime . --json learner.json]`:
 * a Python that may have torch, a folder that may have onnxruntime-node, a file for the same numbers.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { readMnistPackage } from '../../node/dataset/mnistPackage.ts';
import { picturesToExamples, selectExamples } from '../../node/dataset/pictures.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { createSeededRandom } from '../../node/random.ts';
import type { Examples } from '../../node/types.ts';
import {
  type Contender,
  ownContender,
  type Setting,
  shape,
  tensorFlowContenders,
  torchContender,
} from './learner/contenders.ts';
import { limitOf, measureLimits } from './learner/limits.ts';
import { onnxContender } from './learner/withOnnxRuntime.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '0.4' },
    python: { type: 'string', default: 'python3' },
    onnxruntime: { type: 'string', default: '.' },
    json: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

const format = (value: number | undefined) =>
  value === undefined
    ? '–'
    : value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0, minimumFractionDigits: 0 });
const row = (...cells: readonly (string | number)[]) => console.log(`| ${cells.join(' | ')} |`);
const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

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

const torch = await torchContender(values.python);
const onnx = await onnxContender(values.onnxruntime);
const contenders: Contender[] = [
  ...([true, false] as const).flatMap((relaxed) =>
    (['digits', 'noise'] as const).map((data) => ownContender(relaxed, data)),
  ),
  ...[torch, onnx].filter((contender) => contender !== undefined),
  ...(await tensorFlowContenders()),
];

const limits = measureLimits();
const results = new Map<Contender, Map<Setting, number[]>>(
  contenders.map((contender) => [contender, new Map(settings.map((setting) => [setting, []]))]),
);
/** TensorFlow.js in plain JavaScript takes long and is far behind: it is measured once. */
const slow = (contender: Contender) => contender.name === 'tfjs cpu';
for (let round = 0; round < rounds; round++) {
  for (const setting of settings) {
    for (const contender of contenders.filter((each) => round === 0 || !slow(each))) {
      const speed = await contender.measure(setting, seconds);
      if (speed !== undefined) results.get(contender)?.get(setting)?.push(speed);
    }
  }
}

const medianOf = (contender: Contender, setting: Setting) => {
  const speeds = results.get(contender)?.get(setting) ?? [];
  return speeds.length === 0 ? undefined : median(speeds);
};
const machine = `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}`;
console.log(`${machine}; medians of ${rounds}, ${new Date().toISOString().slice(0, 10)}.\n`);
console.log(
  `One core: ${format(limits.multiplyAdds / 1e9)} G multiply-adds/s with simd128, ${format(limits.fused / 1e9)} with ` +
    `relaxed-simd; update of ${format(limits.cache / 1e9)} GB/s in the second-level cache, ` +
    `${format(limits.memory / 1e9)} in memory.\n`,
);
row('steps per CPU-second', ...settings.map(({ name, batch }) => `${name} B${batch}`));
row('---', ...settings.map(() => '--:'));
const limitRows = [
  ['limit of arithmetic (relaxed-simd)', 'arithmetic'],
  ['limit of the cache', 'cache'],
  ['limit of memory', 'memory'],
] as const;
for (const [title, kind] of limitRows)
  row(title, ...settings.map((s) => format(limitOf(limits, s.name, s.batch)[kind])));
for (const contender of contenders) row(contender.name, ...settings.map((s) => format(medianOf(contender, s))));
const own = contenders.slice(0, 4);
for (const other of [torch, onnx].filter((contender) => contender !== undefined)) {
  for (const contender of own) {
    const ratios = settings.map((s) => (medianOf(contender, s) ?? Number.NaN) / (medianOf(other, s) ?? Number.NaN));
    row(`${contender.name} ÷ ${other.name.split(' ')[0]}`, ...ratios.map(format));
  }
}
for (const contender of own) {
  const shares = settings.map((s) => (medianOf(contender, s) ?? Number.NaN) / limitOf(limits, s.name, s.batch).cache);
  row(`${contender.name} ÷ limit of the cache`, ...shares.map((share) => share.toFixed(2)));
}

console.log('\nA local epoch of 600 digits, batch 1, on a pool of as many threads as cores:\n');
const epochColumns = ['model', 'kernels', 'parties', 'wall seconds', 'CPU seconds', 'steps per CPU-second'];
row(...epochColumns, 'kernel memory per thread', 'parameters and examples per party');
row('---', '---', ...Array.from({ length: 6 }, () => '--:'));
const megabytes = (bytes: number) => `${format(bytes / 2 ** 20)} MB`;
const epochs: object[] = [];
for (const setting of settings.filter(({ batch }) => batch === 1)) {
  for (const [relaxed, parties] of [
    [false, 4],
    [false, 50],
    [true, 4],
    [true, 50],
  ] as const) {
    const threads = availableParallelism();
    const learner = await createLearner(setting.model, inputs, { threads, relaxed });
    const shards = Array.from({ length: parties }, (_, party) =>
      selectExamples(
        digits,
        Uint32Array.from({ length: 600 }, (_, index) => (party * 200 + index) % digits.labels.length),
      ),
    );
    const w0 = learner.initialise(1);
    const epoch = () =>
      Promise.all(
        shards.map((shard, seed) => learner.train(w0, shard, { epochs: 1, batchSize: 1, learningRate: 1e-3, seed })),
      );
    await epoch();
    const [wall, cpu]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      const [start, used] = [performance.now(), process.cpuUsage()];
      await epoch();
      const { user, system } = process.cpuUsage(used);
      wall.push((performance.now() - start) / 1e3);
      cpu.push((user + system) / 1e6);
    }
    const result = {
      model: setting.name,
      kernels: relaxed ? 'relaxed-simd' : 'simd128',
      parties,
      wallSeconds: median(wall),
      cpuSeconds: median(cpu),
      kernelBytesPerThread: learner.memoryBytes() / threads,
      bytesPerParty: w0.byteLength + shards[0].inputs.byteLength + shards[0].labels.byteLength,
    };
    epochs.push(result);
    row(
      result.model,
      result.kernels,
      parties,
      result.wallSeconds.toFixed(3),
      result.cpuSeconds.toFixed(3),
      format((parties * 600) / result.cpuSeconds),
      megabytes(result.kernelBytesPerThread),
      megabytes(result.bytesPerParty),
    );
    await learner.close();
  }
}
for (const contender of contenders) contender.close();
if (values.json !== undefined) {
  const steps = settings.map((setting) => ({
    model: setting.name,
    batch: setting.batch,
    limits: limitOf(limits, setting.name, setting.batch),
    stepsPerCpuSecond: Object.fromEntries(contenders.map((each) => [each.name, results.get(each)?.get(setting)])),
  }));
  const report = { date: new Date().toISOString(), machine, rounds, seconds, limits, steps, epochs };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}
