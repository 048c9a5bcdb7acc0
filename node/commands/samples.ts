/**
 * `dppdl samples`: makes samples as a node would and draws them, without publishing anything.
 * @module
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { readConsortium, readNodeConfig } from '../config.ts';
import { readMnistPackage } from '../dataset/mnistPackage.ts';
import { picturesToExamples, selectExamples } from '../dataset/pictures.ts';
import { readExamples } from '../dataset/readExamples.ts';
import { createSeededRandom } from '../random.ts';
import type { Normalisation, Range } from '../samples/basis.ts';
import { createSampleGenerator } from '../samples/generator.ts';
import { drawGrid } from '../samples/grid.ts';
import { rangesOf } from '../samples/ranges.ts';
import type { Examples } from '../types.ts';
import { integer } from './arguments.ts';
import { printFacts, printJson, printLines } from './output.ts';
import { openOutput } from './outputFile.ts';

/** Options as parsed. */
interface SamplesOptions {
  readonly config?: string;
  readonly generator: 'auto' | 'dpgan' | 'gaussian';
  readonly epsilon?: number;
  readonly delta?: number;
  readonly records?: number;
  readonly count: number;
  readonly columns: number;
  readonly out?: string;
  readonly real?: string;
  readonly paperAccounting?: true;
  readonly json?: true;
}

/** MNIST padded to 32×32, as the examples' consortium file declares it. */
const MNIST = { shape: [32, 32, 1], classes: 10, mean: 0.10004, stdDev: 0.27522 };

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** Creates the command. */
export function createSamplesCommand(): Command {
  return new Command('samples')
    .description(
      'Make samples as a node would publish them and draw them as a picture. Nothing is published or recorded; showing the picture to others costs its ε.',
    )
    .option(
      '--config <file>',
      'a node’s configuration: its data, consortium and ε; the mnist package’s digits if absent',
    )
    .addOption(
      new Option('--generator <kind>', 'how samples are made').choices(['auto', 'dpgan', 'gaussian']).default('auto'),
    )
    .option('--epsilon <epsilon>', 'ε per original record (default: the configuration’s, or 4)', positive)
    .option('--delta <delta>', 'δ (default: the configuration’s, or 1e-5)', positive)
    .option('--records <number>', 'use only so many records', integer(1, 10_000_000))
    .option('--count <number>', 'samples to make', integer(1, 100_000), 100)
    .option('--columns <number>', 'pictures per row', integer(1, 1000), 20)
    .option('--out <file>', 'write the samples as a PNG picture')
    .option('--real <file>', 'write as many of the real records beside it; this shows private data')
    .addOption(
      new Option(
        '--paper-accounting',
        'dpgan as in the paper: count 100 augmented copies of a record as records',
      ).implies({ generator: 'dpgan' }),
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  dppdl samples --records 600 --out samples.png
  dppdl samples --generator dpgan --records 6000 --epsilon 4 --out samples.png
  dppdl samples --config node.yaml --out samples.png`,
    )
    .action(run);
}

async function run(options: SamplesOptions, command: Command): Promise<void> {
  if (options.paperAccounting && options.generator !== 'dpgan') {
    command.error(`error: --paper-accounting is for dpgan, not for --generator ${options.generator}`);
  }
  using picture = options.out === undefined ? undefined : openOutput(options.out);
  using real = options.real === undefined ? undefined : openOutput(options.real);
  const source = await readSource(options);
  const total = source.examples.labels.length;
  const records = Math.min(options.records ?? total, total);
  const examples =
    records === total
      ? source.examples
      : selectExamples(source.examples, createSeededRandom(1).permutation(total).subarray(0, records));
  const say = options.json ? () => {} : printLines;
  const generator = createSampleGenerator(
    {
      kind: options.generator,
      epsilon: options.epsilon ?? source.epsilon,
      delta: options.delta ?? source.delta,
      normalisation: source.normalisation,
      ranges: source.ranges,
      paperAccounting: options.paperAccounting ?? false,
    },
    (message, facts) =>
      say(
        `${message}: ${Object.entries(facts)
          .map((entry) => entry.join(' = '))
          .join(', ')}`,
      ),
  );
  const before = process.cpuUsage();
  const { samples, privacy } = await generator.generate(examples, options.count);
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = Math.round((user + system) / 1e4) / 100;
  if (picture !== undefined) {
    picture.write(drawGrid(samples, source.normalisation, options.columns));
    picture.keep();
  }
  if (real !== undefined) {
    const features = examples.inputs.length / records;
    const inputs = examples.inputs.subarray(0, Math.min(options.count, records) * features);
    real.write(drawGrid({ inputs, shape: examples.shape }, source.normalisation, options.columns));
    real.keep();
  }
  if (options.json) {
    const perCopy = options.paperAccounting ? { epsilonPerCopy: options.epsilon ?? source.epsilon } : {};
    printJson({ ...privacy, ...perCopy, records, count: options.count, cpuSeconds, out: options.out ?? null });
    return;
  }
  printFacts({
    samples: options.count,
    generator: privacy.generator,
    privacy: `(ε = ${Number(privacy.epsilon.toFixed(4))}, δ = ${privacy.delta}) for one original record`,
    'CPU seconds': cpuSeconds,
    ...(options.out === undefined ? {} : { picture: options.out }),
  });
}

/** The records and settings a run starts from. */
async function readSource({ config }: SamplesOptions): Promise<{
  examples: Examples;
  normalisation: Normalisation;
  ranges: readonly Range[] | undefined;
  epsilon: number;
  delta: number;
}> {
  if (config === undefined) {
    const examples = picturesToExamples(await readMnistPackage(), MNIST, 'the mnist package');
    return { examples, normalisation: MNIST, ranges: undefined, epsilon: 4, delta: 1e-5 };
  }
  const node = await readNodeConfig(config);
  const consortium = await readConsortium(node.consortium);
  const { train } = await readExamples(node.data, consortium.inputs);
  const { epsilon, delta } = node.samples;
  const ranges = rangesOf(node.samples.ranges, node.data, consortium.inputs);
  return { examples: train, normalisation: consortium.inputs, ranges, epsilon, delta };
}
