/**
 * `dppdl consortium`: checks the file all parties share, and prints the hash that stands in the ledger.
 * @module
 */
import { Command } from 'commander';
import { readConsortium } from '../config.ts';
import { type Consortium, consortiumHash } from '../consortium.ts';
import { printFacts, printJson, printLines } from './output.ts';

const hashOf = (consortium: Consortium) => `0x${Buffer.from(consortiumHash(consortium)).toString('hex')}`;

/** The model in one phrase. */
function describeModel({ model }: Consortium): string {
  switch (model.kind) {
    case 'mlp':
      return `MLP ${model.layers.join('-')}`;
    case 'cnn':
      return `CNN, ${model.channels} channels`;
    case 'layers':
      return `own topology ${model.sha256}`;
  }
}

function describeAggregation({ aggregation }: Consortium): string {
  const { rule, providers = 'all', minProviders, budget = 'balance' } = aggregation;
  return `${rule}; orders from ${providers === 'all' ? 'all' : 'the more parties the more one gives'}, at least ${minProviders}; budget ${budget}`;
}

function describeCredibility({ credibility }: Consortium): string {
  const { update = 'normalised', thresholdShare, smallParties: small } = credibility;
  const others = small && `, ${small.thresholdShare} with ${small.from} to ${small.below - 1} examples`;
  return `${update}; out below ${thresholdShare} of an equal share${others ?? ''}`;
}

async function check(file: string, options: { readonly json?: true }): Promise<void> {
  const consortium = await readConsortium(file);
  const hash = hashOf(consortium);
  if (options.json) return printJson({ valid: true, hash, consortium });
  const { deadlines } = consortium;
  printFacts({
    name: consortium.name,
    model: describeModel(consortium),
    inputs: `${consortium.inputs.shape.join('×')}, ${consortium.inputs.classes} classes`,
    rounds: consortium.rounds,
    'longest round': `${deadlines.order + deadlines.deliver + deadlines.evaluate} s`,
    aggregation: describeAggregation(consortium),
    credibility: describeCredibility(consortium),
    hash,
  });
}

async function hash(file: string, options: { readonly json?: true }): Promise<void> {
  const value = hashOf(await readConsortium(file));
  if (options.json) printJson({ hash: value });
  else printLines(value);
}

/** Creates the command. */
export function createConsortiumCommand(): Command {
  const command = new Command('consortium').description('Check and hash the file all parties share.');
  command
    .command('check')
    .description('Check a consortium file and show what it says.')
    .argument('<file>', 'consortium file, YAML or JSON')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  dppdl consortium check consortium.yaml')
    .action(check);
  command
    .command('hash')
    .description('Print the SHA-256 that the ledger must hold; comments and the order of keys do not matter.')
    .argument('<file>', 'consortium file, YAML or JSON')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  dppdl consortium hash consortium.yaml')
    .action(hash);
  return command;
}
