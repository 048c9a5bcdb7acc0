/**
 * Sizes both convolutions share: 32×32 picture → 32 filters 5×5 (28×28) → pool 3 (9×9) → 64 filters 5×5 (5×5) → pool 2
 * (2×2) = 256 features.
 *
 * Pooling drops what does not fill a window, so only 4×4 of the second convolution's 5×5 places matter, with them 8×8 of
 * the 9×9 cells below and 24×24 of the 28×28 places below those. Nothing else is computed.
 * @module
 */

/** Pixels of a picture's side. */
export const SIDE: usize = 32;
export const FILTERS1: usize = 32;
export const FILTERS2: usize = 64;
/** Cells of a side after the first pooling that are used. */
export const CELLS: usize = 8;
/** Bytes of one cell, of a row of cells, and of all: float32 [8 × 8 × 32]. */
export const CELL_BYTES: usize = FILTERS1 << 2;
export const CELL_ROW: usize = CELLS * CELL_BYTES;
export const CELLS_BYTES: usize = CELLS * CELL_ROW;
/** Bytes of five neighbouring cells, and of the five rows of them that a filter of the second convolution sees. */
export const SEGMENT: usize = 5 * CELL_BYTES;
/** Bytes from one filter of the second convolution to the next: 800 floats. */
export const FILTER_BYTES: usize = 5 * SEGMENT;
