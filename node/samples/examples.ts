/**
 * Checks every generator makes before it reads private examples.
 * @module
 */
import type { Examples } from '../types.ts';
import { SamplesError } from './errors.ts';

/**
 * Refuses examples no generator can use.
 * @throws SamplesError `SHAPE_MISMATCH`, `LABELS_MISSING`, `NOT_FINITE`, `INVALID_OPTION` (a count below 1).
 */
export function requireUsable(examples: Examples, count: number): void {
  const { inputs, labels, shape, classes } = examples;
  const features = shape.reduce((product, size) => product * size, 1);
  if (!Number.isInteger(count) || count < 1) {
    throw new SamplesError('INVALID_OPTION', `The number of samples must be a positive integer, not ${count}.`, {
      fault: 'self',
      meta: { count: String(count) },
    });
  }
  if (labels.length === 0) {
    throw new SamplesError('LABELS_MISSING', 'The examples have no labels, but samples are made class by class.', {
      fault: 'self',
      action: 'Give each row of the data its label.',
    });
  }
  if (inputs.length !== labels.length * features) {
    throw new SamplesError(
      'SHAPE_MISMATCH',
      `${labels.length} labels and inputs of ${features} values need ${labels.length * features} numbers, but there are ${inputs.length}.`,
      { fault: 'self', meta: { labels: labels.length, features, inputs: inputs.length } },
    );
  }
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new SamplesError(
      'LABELS_MISSING',
      `Row ${wrong} has label ${labels[wrong]}, but labels run from 0 to ${classes - 1}.`,
      { fault: 'self', action: 'Correct the label or the number of classes.', meta: { row: wrong } },
    );
  }
  const broken = inputs.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    const row = Math.floor(broken / features);
    throw new SamplesError('NOT_FINITE', `Row ${row} holds a value that is not a finite number.`, {
      fault: 'self',
      meta: { row, feature: broken % features },
    });
  }
}
