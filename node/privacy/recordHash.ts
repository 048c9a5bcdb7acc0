/**
 * Recognises a record wherever it turns up again: in a copy of the data, in another order, with another label, among
 * others, or normalised for another consortium.
 * @module
 */
import { createHmac } from 'node:crypto';

/** How inputs were normalised: (x − mean) / stdDev. */
export interface InputScale {
  readonly mean: number;
  readonly stdDev: number;
}

/** Raw values below 10 are told apart to this many steps per unit, larger ones by their first five digits: float32 has seven. */
const STEPS = 10_000;

/** A raw value as a whole number of steps. */
function stepsOf(value: number): number {
  const rounded = Math.abs(value) < 10 ? value : Number(value.toPrecision(5));
  return Math.round(rounded * STEPS) + 0; // + 0: there is only one zero
}

/**
 * A number for each record that tells nothing about it to who lacks the key: 64 bits of HMAC-SHA256 over its raw values.
 * @param inputs - normalised inputs, float32 [N × F].
 * @param key - 32 secret bytes.
 * @returns int64 [N].
 */
export function hashRecords(
  inputs: Float32Array,
  records: number,
  { mean, stdDev }: InputScale,
  key: Uint8Array,
): BigInt64Array {
  const features = inputs.length / records;
  const raw = new Float64Array(features);
  const bytes = new Uint8Array(raw.buffer);
  return BigInt64Array.from({ length: records }, (_, record) => {
    for (let f = 0; f < features; f++) {
      raw[f] = stepsOf(inputs[record * features + f] * stdDev + mean);
    }
    return createHmac('sha256', key).update(bytes).digest().readBigInt64LE();
  });
}
