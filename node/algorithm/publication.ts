/**
 * The bytes in which a party's samples are published and hashed: 8 bits a value, so that a picture costs what a
 * picture costs.
 *
 * Layout, little-endian: `lowest` float32, `highest` float32, rows uint32, rank uint32, shape uint32 [rank], then one
 * byte a value, v = lowest + byte·(highest − lowest)/255.
 * @module
 */
import { createHash } from 'node:crypto';
import type { Party, Samples } from '../types.ts';
import { AlgorithmError } from './errors.ts';

const FIXED_BYTES = 16;

/** Number of values in one input of a shape. */
export function inputSize(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Writes samples in the published format. Rounding to 8 bits is post-processing: it costs no privacy. */
export function encodeSamples(samples: Samples): Uint8Array {
  const { inputs } = samples;
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < inputs.length; index++) {
    if (inputs[index] < lowest) lowest = inputs[index];
    if (inputs[index] > highest) highest = inputs[index];
  }
  lowest = Math.fround(lowest);
  highest = Math.fround(highest);
  const offset = FIXED_BYTES + 4 * samples.shape.length;
  const bytes = new Uint8Array(offset + samples.inputs.length);
  const view = new DataView(bytes.buffer);
  view.setFloat32(0, lowest, true);
  view.setFloat32(4, highest, true);
  view.setUint32(8, samples.inputs.length / inputSize(samples.shape), true);
  view.setUint32(12, samples.shape.length, true);
  samples.shape.forEach((side, axis) => {
    view.setUint32(FIXED_BYTES + 4 * axis, side, true);
  });
  const scale = highest > lowest ? 255 / (highest - lowest) : 0;
  // Rounded to the nearest: what is stored loses its fraction.
  for (let index = 0; index < inputs.length; index++) {
    bytes[offset + index] = (inputs[index] - lowest) * scale + 0.5;
  }
  return bytes;
}

/** What was decoded before and somebody still holds, by hash and shape: many parties of one process read the same. */
const decoded = new Map<string, WeakRef<Samples>>();

/**
 * Reads published samples.
 * @param shape - the shape all parties share; another one is refused.
 * @param hash - SHA-256 the owner's INIT states.
 * @param mostRows - as many as the consortium file and the owner's INIT allow.
 * @throws AlgorithmError `BAD_SAMPLES` (fault peer).
 */
export function decodeSamples(
  bytes: Uint8Array,
  shape: readonly number[],
  hash: Uint8Array,
  mostRows = Number.POSITIVE_INFINITY,
): Samples {
  const refuse = (why: string): never => {
    throw new AlgorithmError('BAD_SAMPLES', `The published samples ${why}.`, { fault: 'peer' });
  };
  const found = samplesHash(bytes);
  if (!found.every((byte, index) => byte === hash[index])) refuse('are not those its INIT names');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offset = FIXED_BYTES + 4 * shape.length;
  if (bytes.length < offset || view.getUint32(12, true) !== shape.length) refuse('have another shape');
  if (shape.some((side, axis) => view.getUint32(FIXED_BYTES + 4 * axis, true) !== side)) refuse('have another shape');
  const lowest = view.getFloat32(0, true);
  const highest = view.getFloat32(4, true);
  const rows = publishedRows(bytes);
  if (bytes.length !== offset + rows * inputSize(shape)) refuse('are truncated');
  if (rows > mostRows) refuse('are more than were agreed');
  if (!Number.isFinite(lowest) || !Number.isFinite(highest)) refuse('have no finite range');
  const key = `${Buffer.from(found).toString('base64')} ${shape}`;
  const known = decoded.get(key)?.deref();
  if (known !== undefined) return known;
  const step = (highest - lowest) / 255;
  const values = Float32Array.from({ length: 256 }, (_, byte) => lowest + byte * step);
  const inputs = new Float32Array(bytes.length - offset);
  for (let index = 0; index < inputs.length; index++) inputs[index] = values[bytes[offset + index]];
  const samples = { inputs, shape };
  decoded.set(key, new WeakRef(samples));
  return samples;
}

/** How many samples were published, by their bytes. */
export function publishedRows(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(8, true);
}

/** |D_i| and u_i. */
export type DataStatement = Pick<Party, 'examples' | 'samples'>;

/**
 * What a party states of its data when they have changed and its published samples are still the old ones.
 * @param own - what it has, and would share.
 * @param stated - what the ledger has; it stays when there are fewer records than samples, which nobody would take then.
 * @param agreed - how many rows everybody takes from everybody.
 */
export function restate(bytes: Uint8Array, own: DataStatement, stated: DataStatement, agreed: number): DataStatement {
  const rows = publishedRows(bytes);
  if (rows > Math.max(own.examples, agreed)) return { examples: stated.examples, samples: stated.samples };
  // New samples would cost their ε again: no more can be shared than were published.
  return { examples: own.examples, samples: Math.min(own.samples, rows) };
}

/** SHA-256 of published samples, as INIT states it; 32 bytes. */
export function samplesHash(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
