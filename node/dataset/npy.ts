/**
 * Reads NumPy's arrays: .npy files and .npz archives of them.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @module
 */
import { unzipSync } from 'fflate';
import type { Examples } from '../types.ts';
import { DatasetError } from './errors.ts';
import { readDataFile } from './file.ts';
import type { DataOptions } from './options.ts';
import { checkLabels, type InputFormat, picturesToExamples } from './pictures.ts';

/** An array of numbers; `bytes` if its elements were unsigned bytes. */
interface NumpyArray {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly bytes: Uint8Array | undefined;
  /** Whether the elements are integers by type. */
  readonly integers: boolean;
}

/** How to read one element of each type: NumPy's letter and size in bytes. */
const readers: Readonly<Record<string, (view: DataView, at: number, little: boolean) => number>> = {
  b1: (view, at) => view.getUint8(at),
  u1: (view, at) => view.getUint8(at),
  i1: (view, at) => view.getInt8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  i2: (view, at, little) => view.getInt16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
};

/**
 * Decodes one .npy file.
 * @param source - what messages call it.
 * @throws {@link DatasetError} `BAD_HEADER`, `TRUNCATED`, `EMPTY`.
 */
function decodeNpy(file: Uint8Array, source: string): NumpyArray {
  const bad = (detail: string) =>
    new DatasetError('BAD_HEADER', `${source} is not a NumPy array this program reads: ${detail}.`, {
      action: 'Save it with numpy.save as a C-ordered array of uint8, float32, float64 or integers.',
      meta: { path: source },
    });
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < 12 || bytes.subarray(0, 6).toString('latin1') !== '\x93NUMPY')
    throw bad('it does not start with \\x93NUMPY');
  const version = bytes[6];
  if (version < 1 || version > 3) throw bad(`its format version is ${version}`);
  const start = version === 1 ? 10 : 12;
  const end = start + (version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  if (end > bytes.length) throw bad('its header is cut short');
  const header = bytes.subarray(start, end).toString('latin1');
  const type = /'descr':\s*'([<>|=])([a-z]\d+)'/.exec(header);
  const order = /'fortran_order':\s*(True|False)/.exec(header);
  const sides = /'shape':\s*\(([\d,\s]*)\)/.exec(header);
  if (!type || !order || !sides) throw bad('its header lacks descr, fortran_order or shape');
  const reader = readers[type[2]];
  if (!reader) throw bad(`its elements are of type ${type[2]}`);
  if (order[1] === 'True') throw bad('it is in Fortran order');

  const shape = sides[1].split(',').flatMap((side) => (side.trim() === '' ? [] : [Number(side)]));
  const count = shape.reduce((product, side) => product * side, 1);
  const size = Number(type[2].slice(1));
  if (bytes.length - end !== count * size) {
    throw new DatasetError(
      'TRUNCATED',
      `${source} announces ${count * size} bytes of data but holds ${bytes.length - end}.`,
      {
        action: 'Save or copy the file again.',
        meta: { path: source, expected: count * size, found: bytes.length - end },
      },
    );
  }
  if (count === 0 || shape.length === 0) {
    throw new DatasetError('EMPTY', `${source} holds no rows.`, {
      action: 'Give a file with data.',
      meta: { path: source },
    });
  }
  const integers = type[2][0] !== 'f';
  if (type[2] === 'u1') {
    const data = new Uint8Array(bytes.subarray(end));
    return { shape, values: data, bytes: data, integers };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + end, count * size);
  const little = type[1] !== '>';
  return {
    shape,
    values: Float64Array.from({ length: count }, (_, at) => reader(view, at * size, little)),
    bytes: undefined,
    integers,
  };
}

type Part = Extract<DataOptions, { format: 'npy' }>['train'];

/** Finds the two arrays of a part, each with the name messages call it by. */
async function readArrays(part: Part): Promise<{ inputs: [Uint8Array, string]; labels: [Uint8Array, string] }> {
  if (!('archive' in part)) {
    return {
      inputs: [await readDataFile(part.inputs), part.inputs],
      labels: [await readDataFile(part.labels), part.labels],
    };
  }
  const archive = await readDataFile(part.archive);
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(archive);
  } catch (cause) {
    throw new DatasetError('BAD_HEADER', `${part.archive} is not a zip archive, or it is damaged.`, {
      action: 'Save it again with numpy.savez or numpy.savez_compressed.',
      meta: { path: part.archive },
      cause,
    });
  }
  const member = (name: string): [Uint8Array, string] => {
    const file = files[`${name}.npy`];
    if (file) return [file, `${part.archive} (${name})`];
    const names = Object.keys(files).map((path) => path.replace(/\.npy$/, ''));
    throw new DatasetError('NOT_FOUND', `${part.archive} has no array "${name}"; it has ${names.join(', ')}.`, {
      action: 'Correct the names of inputs and labels in the data section.',
      meta: { path: part.archive, name },
    });
  };
  return { inputs: member(part.inputs), labels: member(part.labels) };
}

/**
 * Reads inputs (N × …) and labels (N, or N × 1). Bytes are brightnesses: pictures of N × height × width (× channels)
 * are padded and scaled as everywhere. Other types are taken as they are, before the consortium's normalisation.
 * @throws {@link DatasetError} `NOT_FOUND`, `NOT_READABLE`, `BAD_HEADER`, `TRUNCATED`, `EMPTY`, `COUNT_MISMATCH`,
 *   `SHAPE_MISMATCH`, `LABEL_OUT_OF_RANGE`, `BAD_VALUE`.
 */
export async function readNpy(part: Part, format: InputFormat): Promise<Examples> {
  const arrays = await readArrays(part);
  const [source, labelSource] = [arrays.inputs[1], arrays.labels[1]];
  const inputs = decodeNpy(...arrays.inputs);
  const labels = decodeNpy(...arrays.labels);
  const [count] = inputs.shape;
  if (!labels.integers || labels.shape.slice(1).some((side) => side !== 1)) {
    throw new DatasetError(
      'BAD_HEADER',
      `${labelSource} must hold one integer a row, not ${labels.shape.join('×')} numbers.`,
      {
        action: 'Save the labels as a one-dimensional integer array.',
        meta: { path: labelSource },
      },
    );
  }
  if (labels.shape[0] !== count) {
    throw new DatasetError(
      'COUNT_MISMATCH',
      `${source} holds ${count} rows but ${labelSource} ${labels.shape[0]} labels.`,
      {
        action: 'Give the labels that belong to these inputs.',
        meta: { inputs: source, labels: labelSource, inputCount: count, labelCount: labels.shape[0] },
      },
    );
  }
  checkLabels(labels.values, format.classes, labelSource);
  return toExamples(inputs, Uint8Array.from(labels.values), format, source);
}

/**
 * Reads inputs without labels, as {@link readNpy} reads those with.
 * @throws {@link DatasetError} as {@link readNpy}.
 */
export async function readNpyInputs(path: string, format: InputFormat): Promise<Examples> {
  const inputs = decodeNpy(await readDataFile(path), path);
  return toExamples(inputs, new Uint8Array(inputs.shape[0]), format, path);
}

/** Scales or normalises an array of inputs. */
function toExamples(inputs: NumpyArray, classes: Uint8Array, format: InputFormat, source: string): Examples {
  const shape = inputs.shape.slice(1);
  if (inputs.bytes) {
    const [height, width, channels] = shape.length >= 2 ? [shape[0], shape[1], shape[2] ?? 1] : [1, shape[0] ?? 1, 1];
    return picturesToExamples({ pixels: inputs.bytes, labels: classes, height, width, channels }, format, source);
  }

  const features = shape.reduce((product, side) => product * side, 1);
  const expected = format.shape.reduce((product, side) => product * side, 1);
  if (features !== expected) {
    throw new DatasetError(
      'SHAPE_MISMATCH',
      `The rows of ${source} have ${features} numbers, but the consortium’s inputs have ${expected} (${format.shape.join('×')}).`,
      { action: 'Save inputs of the consortium’s shape.', meta: { path: source, features, expected } },
    );
  }
  const normalised = Float32Array.from(inputs.values, (value) => (value - format.mean) / format.stdDev);
  const wrong = normalised.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new DatasetError(
      'BAD_VALUE',
      `Row ${Math.floor(wrong / features)} of ${source} holds ${inputs.values[wrong]}.`,
      {
        action: 'Replace what is not a finite number.',
        meta: { path: source, row: Math.floor(wrong / features) },
      },
    );
  }
  return { inputs: normalised, labels: classes, shape: format.shape, classes: format.classes };
}
