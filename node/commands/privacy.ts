/**
 * `dppdl privacy`: ε of a training run by each method, without any data.
 * @module
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { accountFor, calibrateNoise, isLargeDelta } from '../privacy/accountant.ts';
import { PrivacyError } from '../privacy/errors.ts';

/** Options as parsed. */
interface PrivacyOptions {
  readonly n: number;
  readonly batch: number;
  readonly sigma?: number;
  readonly epsilon?: number;
  readonly steps: number;
  readonly delta: number;
  readonly json?: boolean;
}

/** Parses a number above 0. */
function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

/** Parses a positive integer. */
function count(text: string): number {
  const value = positive(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a positive integer.');
  return value;
}

/** Creates the command. */
export function createPrivacyCommand(): Command {
  return new Command('privacy')
    .description('show the ε that a number of noisy training steps costs each record, by each method')
    .requiredOption('--n <records>', 'number of original records', count)
    .requiredOption(
      '--batch <records>',
      'expected batch size; each record enters a step with probability batch/n',
      count,
    )
    .option('--sigma <multiplier>', 'noise multiplier: standard deviation of the noise over the clip norm', positive)
    .addOption(
      new Option('--epsilon <epsilon>', 'instead of --sigma: find the least noise that keeps ε')
        .argParser(positive)
        .conflicts('sigma'),
    )
    .requiredOption('--steps <steps>', 'number of steps', count)
    .requiredOption('--delta <delta>', 'δ, well below 1/n', positive)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples (DP-SGD on MNIST):
  dppdl privacy --n 60000 --batch 256 --sigma 1.1 --steps 14063 --delta 1e-5
  dppdl privacy --n 60000 --batch 256 --epsilon 3 --steps 14063 --delta 1e-5 --json`,
    )
    .action((options: PrivacyOptions) => run(options));
}

function run(options: PrivacyOptions): void {
  const { n, batch, steps, delta } = options;
  if (batch > n) {
    throw new PrivacyError('INVALID_PARAMETER', `--batch ${batch} must not exceed --n ${n}.`, { fault: 'self' });
  }
  const sampleRate = batch / n;
  if (options.sigma === undefined && options.epsilon === undefined) {
    throw new PrivacyError('INVALID_PARAMETER', 'Give --sigma, or --epsilon to find it.', { fault: 'self' });
  }
  const sigma = options.sigma ?? calibrateNoise({ epsilon: options.epsilon ?? 0, delta, sampleRate, steps });
  const epsilon = accountFor([{ sampleRate, noiseMultiplier: sigma, steps }], delta);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ unit: 'record', n, batch, sampleRate, sigma, steps, delta, epsilon })}\n`);
    return;
  }
  const lines = [
    `Privacy unit: one original record, added or removed. δ = ${delta}.`,
    `${steps} steps, each record in a step with probability ${sampleRate.toPrecision(4)}, noise multiplier ${sigma.toPrecision(6)}.`,
    '',
    `ε = ${epsilon.tight.toFixed(4)}   privacy-loss distribution (certified upper bound; what this product states)`,
    `ε = ${epsilon.renyi.toFixed(4)}   Rényi, fractional orders, improved conversion`,
    `ε = ${epsilon.moments.toFixed(4)}   moments accountant (2016)`,
  ];
  if (isLargeDelta(delta, n)) {
    lines.push(
      '',
      'Warning: δ·n is above 0.1. Showing each record in the clear with probability δ would keep to such a δ.',
    );
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}
