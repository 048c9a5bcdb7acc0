/**
 * Reads a folder of PNG files, one folder a class.
 * @module
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import type { Examples } from '../types.ts';
import { DatasetError } from './errors.ts';
import { fileError, readDataFile } from './file.ts';
import { type InputFormat, picturesToExamples } from './pictures.ts';

/** Names in a folder in a fixed order, without hidden files. */
async function list(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw fileError(folder, cause);
  });
  return names.filter((name) => !name.startsWith('.')).sort();
}

/** A decoded PNG: four bytes a pixel, red, green, blue, opacity. */
function decodePng(path: string, bytes: Buffer): PNG {
  try {
    return PNG.sync.read(bytes);
  } catch (cause) {
    throw new DatasetError('BAD_HEADER', `${path} is not a PNG picture, or it is damaged.`, {
      action: 'Convert it to PNG, or remove it.',
      meta: { path },
      cause,
    });
  }
}

/** Luma of Rec. 601, the usual grey of a colour. */
const grey = (red: number, green: number, blue: number) => 0.299 * red + 0.587 * green + 0.114 * blue;

/** Writes a picture over black in `channels` channels: 1 (grey) or 3 (red, green, blue). */
function copyPixels(picture: PNG, channels: number, pixels: Uint8Array, start: number): void {
  const { data } = picture;
  let to = start;
  for (let from = 0; from < data.length; from += 4) {
    const opacity = data[from + 3] / 255;
    const [red, green, blue] = [data[from] * opacity, data[from + 1] * opacity, data[from + 2] * opacity];
    if (channels === 1) pixels[to++] = Math.round(grey(red, green, blue));
    else {
      pixels[to++] = Math.round(red);
      pixels[to++] = Math.round(green);
      pixels[to++] = Math.round(blue);
    }
  }
}

/**
 * Reads all pictures. They must be of one size, at most the consortium's, and are padded to it; they become grey where
 * the consortium's inputs have one channel.
 * @param classes - folder of class 0, 1, …; a class without a folder simply has no examples.
 * @throws {@link DatasetError} `NOT_FOUND`, `NOT_READABLE`, `BAD_HEADER`, `EMPTY`, `SHAPE_MISMATCH`, `LABEL_OUT_OF_RANGE`.
 */
export async function readImageFolder(
  folder: string,
  classes: readonly string[],
  format: InputFormat,
): Promise<Examples> {
  if (classes.length > format.classes) {
    throw new DatasetError(
      'LABEL_OUT_OF_RANGE',
      `data.classes names ${classes.length} classes for ${folder}, but the consortium has ${format.classes}.`,
      { action: 'List the consortium’s classes in their order.', meta: { path: folder, classes: format.classes } },
    );
  }
  const folders = await list(folder);
  const unknown = folders.find((name) => !classes.includes(name));
  if (unknown !== undefined) {
    throw new DatasetError(
      'LABEL_OUT_OF_RANGE',
      `${join(folder, unknown)} is not the folder of a class in data.classes.`,
      {
        action: `Move it away, or rename it to one of ${classes.join(', ')}.`,
        meta: { path: join(folder, unknown) },
      },
    );
  }

  const channels = format.shape.length === 3 ? format.shape[2] : 1;
  const pictures: { path: string; label: number; picture: PNG }[] = [];
  for (const name of folders) {
    for (const file of await list(join(folder, name))) {
      const path = join(folder, name, file);
      pictures.push({ path, label: classes.indexOf(name), picture: decodePng(path, await readDataFile(path)) });
    }
  }
  if (pictures.length === 0) {
    throw new DatasetError('EMPTY', `${folder} holds no pictures.`, {
      action: 'Put PNG files into one folder per class.',
      meta: { path: folder },
    });
  }
  const { width, height } = pictures[0].picture;
  const size = width * height * channels;
  const pixels = new Uint8Array(pictures.length * size);
  pictures.forEach(({ path, picture }, index) => {
    if (picture.width !== width || picture.height !== height) {
      throw new DatasetError(
        'SHAPE_MISMATCH',
        `${path} is ${picture.height}×${picture.width}, but ${pictures[0].path} is ${height}×${width}.`,
        { action: 'Scale all pictures to one size.', meta: { path } },
      );
    }
    copyPixels(picture, channels, pixels, index * size);
  });
  const labels = Uint8Array.from(pictures, ({ label }) => label);
  return picturesToExamples({ pixels, labels, height, width, channels }, format, folder);
}
