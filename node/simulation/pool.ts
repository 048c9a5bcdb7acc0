/**
 * Labelled data from which parties are drawn, whatever they were read from.
 * @module
 */
import {
  type InputFormat,
  type Pictures,
  picturesToExamples,
  selectExamples,
  selectPictures,
} from '../dataset/pictures.ts';
import type { Examples } from '../types.ts';

/** Examples that are made when they are drawn. */
export interface ExamplePool {
  /** Class of each example; uint8 [N]. */
  readonly labels: Uint8Array;
  /** The examples at these rows, in this order, as the consortium's inputs. */
  draw(rows: Uint32Array): Examples;
}

/** Pictures stay bytes until drawn: a quarter of the memory, less where they are padded. */
export function picturePool(pictures: Pictures, format: InputFormat): ExamplePool {
  return {
    labels: pictures.labels,
    draw: (rows) => picturesToExamples(selectPictures(pictures, rows), format, 'the training data'),
  };
}

/** Examples as a reader gave them. */
export function examplePool(examples: Examples): ExamplePool {
  return { labels: examples.labels, draw: (rows) => selectExamples(examples, rows) };
}
