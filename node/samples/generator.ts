/**
 * Chooses the sample generator that is honest and useful for the data at hand, and says why.
 * @module
 */
import type { SampleGenerator } from '../algorithm/ports.ts';
import { SamplesError } from './errors.ts';
import { createGaussianGenerator, type GaussianOptions } from './gaussian.ts';

/** Settings of {@link createSampleGenerator}. */
export interface SampleGeneratorOptions extends GaussianOptions {
  /** `auto` chooses by the number of records. */
  readonly kind: 'auto' | 'gaussian';
}

/** Told which generator runs and why; `facts` are for structured logs. */
export type SamplesLog = (message: string, facts: Readonly<Record<string, string | number>>) => void;

/** Fewest records per class at which the class means still stand out of the noise for ε ≥ 1. */
const FEWEST_RECORDS_PER_CLASS = 2;

/**
 * Creates the generator; which one runs is decided per call of `generate`, by N.
 * @throws SamplesError (from `generate`) `TOO_FEW_EXAMPLES`, `LABELS_MISSING` and those of the chosen generator.
 */
export function createSampleGenerator(options: SampleGeneratorOptions, log: SamplesLog): SampleGenerator {
  const gaussian = createGaussianGenerator(options);
  return {
    async generate(examples, count) {
      const records = examples.labels.length;
      const fewest = FEWEST_RECORDS_PER_CLASS * examples.classes;
      if (records > 0 && records < fewest) {
        throw new SamplesError(
          'TOO_FEW_EXAMPLES',
          `${records} records are too few: with noise that protects each of them, samples of ${examples.classes} classes would show nothing of the data.`,
          {
            fault: 'self',
            action: `Join with at least ${fewest} records.`,
            meta: { records, fewest },
          },
        );
      }
      const reason = options.kind === 'auto' ? 'one-shot release suits this many records' : 'asked for';
      log('Generating samples', {
        generator: 'gaussian',
        reason,
        records,
        epsilon: options.epsilon,
        delta: options.delta,
      });
      return gaussian.generate(examples, count);
    },
  };
}
