/**
 * What is kept, as bytes: one layout for all adapters, and the digests by which a second save is compared to the first.
 * @module
 */
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import { decode, encode } from 'cborg';
import { z } from 'zod';
import type { Checkpoint, ClosedBlob, Publication } from '../algorithm/ports.ts';
import type { PartyId } from '../types.ts';
import { StoreError } from './errors.ts';

const bytes = z.instanceof(Uint8Array);
const key = bytes.refine((value) => value.length === 32);
const floats = bytes.refine((value) => value.length % 4 === 0);

const checkpointShape = z.strictObject({
  round: z.int().min(0),
  parameters: floats,
  alone: floats,
  credibility: z.array(z.number()),
  silence: z.array(z.int().min(0)),
});
const publicationShape = z.strictObject({
  bytes,
  privacy: z.strictObject({
    generator: z.enum(['dpgan', 'gaussian']),
    epsilon: z.number(),
    delta: z.number(),
    unit: z.literal('record'),
  }),
});
const keyPairShape = z.strictObject({ publicKey: key, secretKey: key });

/** The key pair of one round. */
export interface RoundKey {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** Parameters as float32 little-endian, whatever the host's byte order. */
function floatBytes(values: Float32Array): Uint8Array {
  if (endianness() === 'LE') return new Uint8Array(Float32Array.from(values).buffer);
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => {
    view.setFloat32(index * 4, value, true);
  });
  return new Uint8Array(view.buffer);
}

function bytesToFloats(data: Uint8Array): Float32Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Float32Array.from({ length: data.length / 4 }, (_, index) => view.getFloat32(index * 4, true));
}

/** Encodes a checkpoint. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { round, parameters, alone, credibility, silence } = checkpoint;
  return encode({
    round,
    parameters: floatBytes(parameters),
    alone: floatBytes(alone),
    credibility: [...credibility],
    silence: [...silence],
  });
}

/** Reads one record. @throws StoreError `CORRUPT` for anything but bytes of its shape. */
function decodeAs<Shape extends z.ZodType>(shape: Shape, data: Uint8Array, name: string): z.infer<Shape> {
  try {
    return shape.parse(decode(data));
  } catch (cause) {
    throw new StoreError('CORRUPT', `The saved ${name} is none.`, { fault: 'self', meta: { name }, cause });
  }
}

/** Decodes a checkpoint. @throws StoreError `CORRUPT` if the bytes are none. */
export function decodeCheckpoint(data: Uint8Array): Checkpoint {
  const { parameters, alone, ...rest } = decodeAs(checkpointShape, data, 'checkpoint');
  return { ...rest, parameters: bytesToFloats(parameters), alone: bytesToFloats(alone) };
}

/** Encodes a publication. */
export function encodePublication({ bytes, privacy }: Publication): Uint8Array {
  const { generator, epsilon, delta, unit } = privacy;
  return encode({ bytes, privacy: { generator, epsilon, delta, unit } });
}

/** Decodes a publication. @throws StoreError `CORRUPT` if the bytes are none. */
export function decodePublication(data: Uint8Array): Publication {
  return decodeAs(publicationShape, data, 'publication');
}

/** Encodes a key pair. */
export function encodeRoundKey({ publicKey, secretKey }: RoundKey): Uint8Array {
  return encode({ publicKey, secretKey });
}

/** Decodes a key pair. @throws StoreError `CORRUPT` if the bytes are none. */
export function decodeRoundKey(data: Uint8Array): RoundKey {
  return decodeAs(keyPairShape, data, 'round key');
}

/** SHA-256 over all blobs of a round, in order of party. Their keys need no place in it: one key fits a blob. */
export function blobsDigest(blobs: ReadonlyMap<PartyId, ClosedBlob>): Uint8Array {
  const hash = createHash('sha256');
  const header = new DataView(new ArrayBuffer(8));
  for (const [party, { blob }] of [...blobs].sort(([a], [b]) => a - b)) {
    header.setUint32(0, party);
    header.setUint32(4, blob.length);
    hash.update(new Uint8Array(header.buffer)).update(blob);
  }
  return hash.digest();
}

/** Whether two byte strings are the same. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
