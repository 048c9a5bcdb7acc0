/**
 * Reads and writes IDX, the format of MNIST: a big-endian header, then bytes. Plain or gzipped.
 * Format: http://yann.lecun.com/exdb/mnist/ ("THE IDX FILE FORMAT"): 0 0 type dimensions, then each length as uint32.
 * @module
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatasetError } from './errors.ts';
import { readDataFile } from './file.ts';
import type { Pictures } from './pictures.ts';

/** The only element type of picture files. */
const UNSIGNED_BYTE = 0x08;

/** Bytes of any number of dimensions. */
interface Idx {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

async function readIdxFile(path: string, what: string, dimensions: readonly number[]): Promise<Idx> {
  const bytes = await readDataFile(path);
  const bad = (detail: string) =>
    new DatasetError('BAD_HEADER', `${path} is not an IDX file of ${what}: ${detail}.`, {
      action: `Give a file whose first bytes are 00 00 08 ${dimensions.map((count) => `0${count}`).join(' or ')}, such as MNIST’s ${what} file.`,
      meta: { path },
    });
  if (bytes.length < 4) throw bad(`it has only ${bytes.length} bytes`);
  const found = bytes.subarray(0, 4).toString('hex');
  if (bytes[0] !== 0 || bytes[1] !== 0) throw bad(`it starts with ${found}`);
  if (bytes[2] !== UNSIGNED_BYTE) throw bad(`its elements are of type 0x${found.slice(4, 6)}, not bytes`);
  if (!dimensions.includes(bytes[3])) throw bad(`it has ${bytes[3]} dimensions, not ${dimensions.join(' or ')}`);
  const header = 4 + 4 * bytes[3];
  if (bytes.length < header) throw bad('its header is cut short');

  const shape = Array.from({ length: bytes[3] }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
  const expected = shape.reduce((product, length) => product * length, 1);
  if (bytes.length - header !== expected) {
    throw new DatasetError(
      'TRUNCATED',
      `${path} announces ${shape.join('×')} = ${expected} bytes of ${what} but holds ${bytes.length - header}.`,
      {
        action: 'Fetch or copy the file again and compare its checksum with the source.',
        meta: { path, expected, found: bytes.length - header },
      },
    );
  }
  if (expected === 0) {
    throw new DatasetError('EMPTY', `${path} holds no ${what}.`, {
      action: 'Give a file with at least one example.',
      meta: { path },
    });
  }
  return { shape, data: bytes.subarray(header) };
}

/**
 * Reads a pair of IDX files: pictures (N × height × width, or with channels as a fourth dimension) and labels (N).
 * @throws {@link DatasetError} `NOT_FOUND`, `NOT_READABLE`, `BAD_HEADER`, `TRUNCATED`, `EMPTY`, `COUNT_MISMATCH`.
 */
export async function readIdx(imagesPath: string, labelsPath: string): Promise<Pictures> {
  const images = await readIdxFile(imagesPath, 'images', [3, 4]);
  const labels = await readIdxFile(labelsPath, 'labels', [1]);
  const [count, height, width, channels = 1] = images.shape;
  if (labels.shape[0] !== count) {
    throw new DatasetError(
      'COUNT_MISMATCH',
      `${imagesPath} holds ${count} images but ${labelsPath} holds ${labels.shape[0]} labels.`,
      {
        action: 'Give the label file that belongs to the image file.',
        meta: { images: imagesPath, labels: labelsPath, imageCount: count, labelCount: labels.shape[0] },
      },
    );
  }
  return { pixels: images.data, labels: labels.data, height, width, channels };
}

/** Reads an IDX file of pictures alone; their labels are all 0. @throws {@link DatasetError} as {@link readIdx}. */
export async function readIdxPictures(path: string): Promise<Pictures> {
  const { shape, data } = await readIdxFile(path, 'images', [3, 4]);
  const [count, height, width, channels = 1] = shape;
  return { pixels: data, labels: new Uint8Array(count), height, width, channels };
}

function encodeIdx(shape: readonly number[], data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + 4 * shape.length + data.length);
  bytes[2] = UNSIGNED_BYTE;
  bytes[3] = shape.length;
  shape.forEach((length, axis) => {
    bytes.writeUInt32BE(length, 4 + 4 * axis);
  });
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

/** Writes beside the target and renames, so that a file that exists is whole. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, bytes);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Writes pictures and labels as two plain IDX files, creating their folders and replacing older files. */
export async function writeIdx(pictures: Pictures, imagesPath: string, labelsPath: string): Promise<void> {
  const { height, width, channels, labels } = pictures;
  const shape = [labels.length, height, width, ...(channels === 1 ? [] : [channels])];
  await writeWhole(imagesPath, encodeIdx(shape, pictures.pixels));
  await writeWhole(labelsPath, encodeIdx([labels.length], labels));
}
