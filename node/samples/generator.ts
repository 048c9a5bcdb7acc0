/**
 * Chooses the sample generator that is honest and useful for the data at hand, and says why.
 * @module
 */
import type { SampleGenerator } from '../algorithm/ports.ts';
import { isLargeDelta } from '../privacy/accountant.ts';
import { PrivacyError } from '../privacy/errors.ts';
import { gaussianMu } from '../privacy/gaussianMechanism.ts';
import type { Examples } from '../types.ts';
import { createBasis } from './basis.ts';
import { meansNoise } from './classGaussians.ts';
import { createDpganGenerator, type DpganOptions } from './dpgan.ts';
import { SamplesError } from './errors.ts';
import { requireUsable } from './examples.ts';
import { createGaussianGenerator } from './gaussian.ts';

/** Settings of {@link createSampleGenerator}. */
export interface SampleGeneratorOptions extends DpganOptions {
  /** `auto` chooses by the number of records, and `gaussian` where `dpgan` cannot certify (ε, δ). */
  readonly kind: 'auto' | 'dpgan' | 'gaussian';
}

/** Told which generator runs and why; `facts` are for structured logs. */
export type SamplesLog = (message: string, facts: Readonly<Record<string, string | number>>) => void;

/** From here on a critic trained with an honest ε learns from the records rather than from the noise (measured). */
const DPGAN_RECORDS = 6000;
/** Class means whose noise is longer than this many times the longest record show nothing of the data. */
const MOST_NOISE = 3;

/**
 * Creates the generator; which one runs is decided per call of `generate`, by N.
 * @throws SamplesError (from `generate`) `TOO_FEW_EXAMPLES`, `LABELS_MISSING` and those of the chosen generator.
 * @example const generator = createSampleGenerator({ kind: 'auto', epsilon: 4, delta: 1e-5, normalisation }, log);
 */
export function createSampleGenerator(options: SampleGeneratorOptions, log: SamplesLog): SampleGenerator {
  const { epsilon, delta } = options;
  const generators = { dpgan: createDpganGenerator(options), gaussian: createGaussianGenerator(options) };
  return {
    async generate(examples, count) {
      requireUsable(examples, count);
      const records = examples.labels.length;
      const noise = requireEnough(examples, options);
      const { generator, reason } = choose(options.kind, records);
      log('Generating samples', { generator, reason, records, count, epsilon, delta, unit: 'record' });
      if (noise > 1) {
        log('Samples will be mostly noise', { records, noisePerRecord: Number(noise.toFixed(2)), epsilon });
      }
      if (isLargeDelta(delta, records)) log('δ is not well below 1/N', { delta, records });
      const result = await generators[generator].generate(examples, count).catch((error) => {
        const isUncertified = error instanceof PrivacyError && error.code === 'UNREACHABLE';
        if (options.kind !== 'auto' || generator === 'gaussian' || !isUncertified) throw error;
        // Calibration comes before any record is read, so nothing was spent.
        log('Generating samples', { generator: 'gaussian', reason: error.message });
        return generators.gaussian.generate(examples, count);
      });
      if (options.paperAccounting && generator === 'dpgan') {
        log('Counted copies as records, as the paper does; this is what it costs an original record', {
          epsilonPerCopy: epsilon,
          epsilonPerRecord: Math.round(result.privacy.epsilon),
          delta,
        });
      }
      return result;
    },
  };
}

/** Which generator runs, and the reason for the log. */
function choose(
  kind: SampleGeneratorOptions['kind'],
  records: number,
): { generator: 'dpgan' | 'gaussian'; reason: string } {
  if (kind !== 'auto') return { generator: kind, reason: 'asked for in the configuration' };
  if (records >= DPGAN_RECORDS) {
    return { generator: 'dpgan', reason: `at least ${DPGAN_RECORDS} records carry an honestly private GAN` };
  }
  return { generator: 'gaussian', reason: `below ${DPGAN_RECORDS} records a private GAN learns noise` };
}

/** Refuses where noise would drown the data; returns the class means' noise over the longest record. */
function requireEnough(examples: Examples, { epsilon, delta, normalisation, ranges }: SampleGeneratorOptions): number {
  const { labels, classes, shape } = examples;
  const { dimension } = createBasis(shape, normalisation, ranges);
  const noiseOf = (records: number) => meansNoise(gaussianMu(epsilon, delta), records, classes, dimension);
  const noise = noiseOf(labels.length);
  if (noise > MOST_NOISE) {
    const fewest = Math.ceil((labels.length * noise) / MOST_NOISE);
    throw new SamplesError(
      'TOO_FEW_EXAMPLES',
      `${labels.length} records are too few: the noise that protects each of them at ε = ${epsilon} would drown the samples of ${classes} classes.`,
      {
        fault: 'self',
        action: `Join with at least ${fewest} records, or raise ε.`,
        meta: { records: labels.length, fewest, epsilon, delta },
      },
    );
  }
  const present = new Set(labels).size;
  if (present < 2) {
    throw new SamplesError('LABELS_MISSING', 'All records have the same label, so samples cannot tell parties apart.', {
      fault: 'self',
      action: 'Check the label column of the data.',
      meta: { records: labels.length, present },
    });
  }
  return noise;
}
