/**
 * Places numbers in kernel memory: an allocator of aligned ranges and a writer of the kernels' records.
 * @module
 */

/** Where the first record starts: below are the compiler's own constants. */
export const firstByte = 1024;
const alignment = 64;

/** Hands out ranges of memory one after the other. */
export class Allocator {
  #end = firstByte;

  /** The first free byte. */
  get end(): number {
    return this.#end;
  }

  /** Takes `bytes` bytes, aligned to a cache line; returns where they start. */
  take(bytes: number): number {
    const start = this.#end;
    this.#end = Math.ceil((start + bytes) / alignment) * alignment;
    return start;
  }
}

/**
 * Floats from one row of a matrix to the next: whole 32-byte vectors, and not a multiple of 256 bytes, because rows that
 * far apart share a few places of the first-level cache and push each other out.
 */
export function strideOf(length: number): number {
  const padded = Math.ceil(length / 8) * 8;
  return padded % 64 === 0 ? padded + 16 : padded;
}

/** How a field of a record is stored. */
type FieldType = 'f64' | 'u64' | 'i32' | 'f32';
const fieldBytes = { f64: 8, u64: 8, i32: 4, f32: 4 } as const;

/** Fields of a record in the order the kernel declares them; the wide ones first. */
export type Fields = Readonly<Record<string, FieldType>>;

/** Bytes of a record. */
export function recordBytes(fields: Fields): number {
  return Object.values(fields).reduce((sum, type) => sum + fieldBytes[type], 0);
}

/** Writes a record; every field of `fields` must have a value. */
export function writeRecord<T extends Fields>(
  buffer: ArrayBuffer,
  start: number,
  fields: T,
  values: Readonly<Record<keyof T, number>>,
): void {
  const view = new DataView(buffer);
  let at = start;
  for (const [name, type] of Object.entries(fields)) {
    const value = values[name];
    if (type === 'f64') view.setFloat64(at, value, true);
    else if (type === 'u64') view.setBigUint64(at, BigInt(value), true);
    else if (type === 'f32') view.setFloat32(at, value, true);
    else view.setInt32(at, value, true);
    at += fieldBytes[type];
  }
}
