/**
 * The safetensors file format: named float32 tensors and text metadata, read by Python, Rust and others.
 * An 8-byte header length (little-endian), a JSON header, then the tensors' bytes
 * (https://github.com/huggingface/safetensors, "Format").
 * @module
 */
import { z } from 'zod';
import { sizeOf } from './engine.ts';
import { LearnerError } from './errors.ts';

/** One named tensor; row-major. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What a file holds. */
export interface TensorFile {
  readonly tensors: readonly NamedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

const lengthBytes = 8;
/** The format's own limit on headers. */
const maxHeaderBytes = 100_000_000;

const entrySchema = z.object({
  dtype: z.literal('F32'),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const metadataSchema = z.record(z.string(), z.string());

/** Writes tensors in their order. */
export function encodeSafetensors({ tensors, metadata }: TensorFile): Uint8Array {
  const entries: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, shape, values } of tensors) {
    const start = end;
    end += values.length * 4;
    entries[name] = { dtype: 'F32', shape, data_offsets: [start, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(entries));
  const headerLength = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(lengthBytes + headerLength + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, lengthBytes, lengthBytes + headerLength);
  bytes.set(text, lengthBytes);
  let at = lengthBytes + headerLength;
  for (const { values } of tensors) {
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}

function damaged(reason: string, cause?: unknown): LearnerError {
  return new LearnerError('BAD_FILE', `This is not a whole safetensors file: ${reason}.`, {
    fault: 'self',
    action: 'Export the model again, with --format safetensors.',
    cause,
  });
}

function parseHeader(bytes: Uint8Array): { entries: [string, unknown][]; start: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < lengthBytes) throw damaged('it is too short');
  const length = view.getBigUint64(0, true);
  if (length > maxHeaderBytes || lengthBytes + Number(length) > bytes.length) throw damaged('its header is cut off');
  const start = lengthBytes + Number(length);
  try {
    const header: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(lengthBytes, start)),
    );
    return { entries: Object.entries(z.record(z.string(), z.unknown()).parse(header)), start };
  } catch (cause) {
    throw damaged('its header is not a JSON object', cause);
  }
}

/** Reads a file with float32 tensors only. @throws {@link LearnerError} `BAD_FILE`. */
export function decodeSafetensors(bytes: Uint8Array): TensorFile {
  const { entries, start } = parseHeader(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tensors: NamedTensor[] = [];
  let metadata: Record<string, string> = {};
  let used = 0;
  for (const [name, value] of entries) {
    if (name === '__metadata__') {
      const parsed = metadataSchema.safeParse(value);
      if (!parsed.success) throw damaged('its metadata are not text', parsed.error);
      metadata = parsed.data;
      continue;
    }
    const entry = entrySchema.safeParse(value);
    if (!entry.success) throw damaged(`tensor "${name}" is not described as float32`, entry.error);
    const { shape, data_offsets: offsets } = entry.data;
    const [from, to] = offsets;
    if (to - from !== sizeOf(shape) * 4 || start + to > bytes.length) throw damaged(`tensor "${name}" does not fit`);
    used += to - from;
    const values = new Float32Array(sizeOf(shape));
    for (let index = 0; index < values.length; index++) values[index] = view.getFloat32(start + from + index * 4, true);
    tensors.push({ name, shape, values });
  }
  if (start + used !== bytes.length) throw damaged('its tensors do not fill it');
  return { tensors, metadata };
}
