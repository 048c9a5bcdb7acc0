/**
 * NumPy arrays, built here byte by byte after the format's description.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { zipSync } from 'fflate';
import { readNpy } from '../../node/dataset/npy.ts';

/** An .npy file as NumPy writes it: the header padded with spaces to a multiple of 64. */
function npy(descr: string, shape: readonly number[], data: Uint8Array, { fortran = false, version = 1 } = {}): Buffer {
  const sides = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${sides}, }`;
  const prefix = version === 1 ? 10 : 12;
  const length = Math.ceil((prefix + text.length + 1) / 64) * 64 - prefix;
  const head = Buffer.alloc(prefix);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(length, 8);
  else head.writeUInt32LE(length, 8);
  return Buffer.concat([head, Buffer.from(`${text.padEnd(length - 1)}\n`, 'latin1'), data]);
}
const bytesOf = (array: Float32Array | Float64Array | BigInt64Array | Int32Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const inputs = npy('<f4', [3, 2], bytesOf(Float32Array.of(0, 0.5, 1, 0.25, 0.75, 0)));
const labels = npy('<i8', [3], bytesOf(BigInt64Array.of(0n, 1n, 1n)));
const format = { shape: [2], classes: 2, mean: 0.5, stdDev: 0.5 };
const expected = [-1, 0, 1, -0.5, 0.5, -1];

describe('readNpy', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-npy-'));
  });
  after(() => rm(folder, { recursive: true }));
  const part = async (x: Uint8Array, y: Uint8Array) => {
    await writeFile(join(folder, 'x.npy'), x);
    await writeFile(join(folder, 'y.npy'), y);
    return { inputs: join(folder, 'x.npy'), labels: join(folder, 'y.npy') };
  };

  it('reads float32 inputs and int64 labels', async () => {
    const examples = await readNpy(await part(inputs, labels), format);
    assert.deepEqual([...examples.inputs], expected);
    assert.deepEqual([...examples.labels], [0, 1, 1]);
  });

  it('reads other types, byte orders, versions and label columns', async () => {
    const doubles = Buffer.alloc(48);
    [0, 0.5, 1, 0.25, 0.75, 0].forEach((value, index) => {
      doubles.writeDoubleBE(value, index * 8);
    });
    const column = npy('<i4', [3, 1], bytesOf(Int32Array.of(0, 1, 1)));
    const examples = await readNpy(await part(npy('>f8', [3, 2], doubles, { version: 2 }), column), format);
    assert.deepEqual([...examples.inputs], expected);
    assert.deepEqual([...examples.labels], [0, 1, 1]);
  });

  it('takes bytes for brightness and pads pictures', async () => {
    const pictures = npy('|u1', [1, 1, 2], Uint8Array.of(255, 51));
    const label = npy('|u1', [1], Uint8Array.of(1));
    const examples = await readNpy(await part(pictures, label), { shape: [1, 4, 1], classes: 2, mean: 0, stdDev: 1 });
    assert.deepEqual(
      [...examples.inputs].map((value) => Math.round(value * 10)),
      [0, 10, 2, 0],
    );
  });

  it('reads archives, packed or not', async () => {
    for (const level of [0, 6] as const) {
      const archive = join(folder, 'both.npz');
      await writeFile(archive, zipSync({ 'x.npy': inputs, 'y.npy': labels }, { level }));
      const examples = await readNpy({ archive, inputs: 'x', labels: 'y' }, format);
      assert.deepEqual([...examples.inputs], expected);
      await assert.rejects(readNpy({ archive, inputs: 'z', labels: 'y' }, format), { code: 'NOT_FOUND' });
    }
    const archive = join(folder, 'broken.npz');
    await writeFile(archive, zipSync({ 'x.npy': inputs }).subarray(0, 60));
    await assert.rejects(readNpy({ archive, inputs: 'x', labels: 'y' }, format), { code: 'BAD_HEADER' });
  });

  const troubles: [string, string, Uint8Array, Uint8Array][] = [
    ['another format', 'BAD_HEADER', Buffer.from('PK\x03\x04 not an array'), labels],
    ['complex numbers', 'BAD_HEADER', npy('<c8', [3, 2], new Uint8Array(48)), labels],
    ['Fortran order', 'BAD_HEADER', npy('<f4', [3, 2], new Uint8Array(24), { fortran: true }), labels],
    ['a cut header', 'BAD_HEADER', inputs.subarray(0, 40), labels],
    ['cut data', 'TRUNCATED', inputs.subarray(0, -1), labels],
    ['no rows', 'EMPTY', npy('<f4', [0, 2], new Uint8Array(0)), labels],
    ['other features', 'SHAPE_MISMATCH', npy('<f4', [3, 1], new Uint8Array(12)), labels],
    ['fewer labels', 'COUNT_MISMATCH', inputs, npy('|u1', [2], Uint8Array.of(0, 1))],
    ['float labels', 'BAD_HEADER', inputs, npy('<f4', [3], new Uint8Array(12))],
    ['one-hot labels', 'BAD_HEADER', inputs, npy('|u1', [3, 2], new Uint8Array(6))],
    ['a label too large', 'LABEL_OUT_OF_RANGE', inputs, npy('|u1', [3], Uint8Array.of(0, 1, 2))],
    ['a negative label', 'LABEL_OUT_OF_RANGE', inputs, npy('|i1', [3], Uint8Array.of(0, 1, 255))],
    ['not a number', 'BAD_VALUE', npy('<f4', [3, 2], bytesOf(Float32Array.of(0, 0, 0, Number.NaN, 0, 0))), labels],
  ];
  for (const [name, code, x, y] of troubles) {
    it(`refuses ${name} with ${code}`, async () => {
      await assert.rejects(readNpy(await part(x, y), format), { code });
    });
  }
});
