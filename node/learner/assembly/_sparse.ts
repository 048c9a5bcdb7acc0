/**
 * Products with rows that are mostly one value: only the entries that differ from it are touched. A list holds these
 * entries as pairs of 32-bit words: the entry's index, and its difference from the common value. Row `index` of the
 * weights starts at weights + index · stride; `bytes` of it are used, a multiple of 32.
 * @module
 */
import { addScaled, madd, sumLanes, sumLanesOf4 } from './_simd';

/**
 * Lists the entries of a row of `length` floats that differ from `common`. Reads up to the next multiple of 4.
 * @param summary - receives the number of entries listed, int32, and the sum of their differences, float32.
 */
export function listEntries(list: usize, row: usize, length: i32, common: f32, summary: usize): void {
  const commons = f32x4.splat(common);
  let end = list;
  let sum: f32 = 0;
  for (let start = 0; start < length; start += 16, row += 64) {
    const left = length - start;
    let places = left < 16 ? differingFew(row, commons, left) : differing16(row, commons);
    for (; places !== 0; places &= places - 1, end += 8) {
      const place = ctz(places);
      const difference = load<f32>(row + ((<usize>place) << 2)) - common;
      store<i32>(end, start + place);
      store<f32>(end, difference, 4);
      sum += difference;
    }
  }
  store<i32>(summary, <i32>((end - list) >> 3));
  store<f32>(summary, sum, 4);
}

/** Which of 16 floats differ, one bit each. */
function differing16(at: usize, commons: v128): i32 {
  const first = f32x4.ne(v128.load(at), commons);
  const second = f32x4.ne(v128.load(at, 16), commons);
  const third = f32x4.ne(v128.load(at, 32), commons);
  const fourth = f32x4.ne(v128.load(at, 48), commons);
  const low = i16x8.narrow_i32x4_s(first, second);
  return i8x16.bitmask(i8x16.narrow_i16x8_s(low, i16x8.narrow_i32x4_s(third, fourth)));
}

/** The same for fewer than 16. */
function differingFew(at: usize, commons: v128, count: i32): i32 {
  let places = 0;
  for (let start = 0; start < count; start += 4, at += 16) {
    places |= i32x4.bitmask(f32x4.ne(v128.load(at), commons)) << start;
  }
  return places & ((1 << count) - 1);
}

/** target += Σ value · weights[row]. */
export function addRows(target: usize, list: usize, count: i32, weights: usize, stride: usize, bytes: usize): void {
  const end = list + ((<usize>count) << 3);
  for (; list + 32 <= end; list += 32) {
    let w0 = weights + load<usize>(list) * stride;
    let w1 = weights + load<usize>(list, 8) * stride;
    let w2 = weights + load<usize>(list, 16) * stride;
    let w3 = weights + load<usize>(list, 24) * stride;
    const v0 = v128.load32_splat(list, 4);
    const v1 = v128.load32_splat(list, 12);
    const v2 = v128.load32_splat(list, 20);
    const v3 = v128.load32_splat(list, 28);
    for (let to = target, stop = target + bytes; to < stop; to += 32) {
      let low = v128.load(to);
      let high = v128.load(to, 16);
      low = madd(v0, v128.load(w0), low);
      high = madd(v0, v128.load(w0, 16), high);
      low = madd(v1, v128.load(w1), low);
      high = madd(v1, v128.load(w1, 16), high);
      low = madd(v2, v128.load(w2), low);
      high = madd(v2, v128.load(w2, 16), high);
      low = madd(v3, v128.load(w3), low);
      high = madd(v3, v128.load(w3, 16), high);
      v128.store(to, low);
      v128.store(to, high, 16);
      w0 += 32;
      w1 += 32;
      w2 += 32;
      w3 += 32;
    }
  }
  if (list + 16 <= end) {
    const w0 = weights + load<usize>(list) * stride;
    const w1 = weights + load<usize>(list, 8) * stride;
    addTwo(target, w0, w1, load<f32>(list, 4), load<f32>(list, 12), bytes);
    list += 16;
  }
  if (list < end) addScaled(target, weights + load<usize>(list) * stride, load<f32>(list, 4), bytes);
}

/** target += v0 · w0 + v1 · w1. */
function addTwo(target: usize, w0: usize, w1: usize, v0: f32, v1: f32, bytes: usize): void {
  const first = f32x4.splat(v0);
  const second = f32x4.splat(v1);
  for (const end = target + bytes; target < end; target += 32, w0 += 32, w1 += 32) {
    const low = madd(first, v128.load(w0), v128.load(target));
    const high = madd(first, v128.load(w0, 16), v128.load(target, 16));
    v128.store(target, madd(second, v128.load(w1), low));
    v128.store(target, madd(second, v128.load(w1, 16), high), 16);
  }
}

/** weights[row] += scale · value · source, for every entry. */
export function addToRows(
  weights: usize,
  stride: usize,
  list: usize,
  count: i32,
  source: usize,
  scale: f32,
  bytes: usize,
): void {
  const end = list + ((<usize>count) << 3);
  for (; list + 16 <= end; list += 16) {
    let w0 = weights + load<usize>(list) * stride;
    let w1 = weights + load<usize>(list, 8) * stride;
    const v0 = f32x4.splat(scale * load<f32>(list, 4));
    const v1 = f32x4.splat(scale * load<f32>(list, 12));
    for (let from = source, stop = source + bytes; from < stop; from += 32) {
      const low = v128.load(from);
      const high = v128.load(from, 16);
      v128.store(w0, madd(v0, low, v128.load(w0)));
      v128.store(w0, madd(v0, high, v128.load(w0, 16)), 16);
      v128.store(w1, madd(v1, low, v128.load(w1)));
      v128.store(w1, madd(v1, high, v128.load(w1, 16)), 16);
      w0 += 32;
      w1 += 32;
    }
  }
  if (list < end) addScaled(weights + load<usize>(list) * stride, source, scale * load<f32>(list, 4), bytes);
}

/**
 * target[row] = weights[row] · source, for every listed row. Entries of `target` that are not listed stay as they are.
 */
export function dotRows(
  target: usize,
  list: usize,
  count: i32,
  weights: usize,
  stride: usize,
  source: usize,
  bytes: usize,
): void {
  const end = list + ((<usize>count) << 3);
  for (; list + 32 <= end; list += 32) {
    const o0 = load<usize>(list);
    const o1 = load<usize>(list, 8);
    const o2 = load<usize>(list, 16);
    const o3 = load<usize>(list, 24);
    let w0 = weights + o0 * stride;
    let w1 = weights + o1 * stride;
    let w2 = weights + o2 * stride;
    let w3 = weights + o3 * stride;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (let from = source, stop = source + bytes; from < stop; from += 32) {
      const low = v128.load(from);
      const high = v128.load(from, 16);
      s0 = madd(low, v128.load(w0), s0);
      s1 = madd(low, v128.load(w1), s1);
      s2 = madd(low, v128.load(w2), s2);
      s3 = madd(low, v128.load(w3), s3);
      s0 = madd(high, v128.load(w0, 16), s0);
      s1 = madd(high, v128.load(w1, 16), s1);
      s2 = madd(high, v128.load(w2, 16), s2);
      s3 = madd(high, v128.load(w3, 16), s3);
      w0 += 32;
      w1 += 32;
      w2 += 32;
      w3 += 32;
    }
    const sums = sumLanesOf4(s0, s1, s2, s3);
    store<f32>(target + (o0 << 2), f32x4.extract_lane(sums, 0));
    store<f32>(target + (o1 << 2), f32x4.extract_lane(sums, 1));
    store<f32>(target + (o2 << 2), f32x4.extract_lane(sums, 2));
    store<f32>(target + (o3 << 2), f32x4.extract_lane(sums, 3));
  }
  for (; list < end; list += 8) {
    const index = load<usize>(list);
    const row = weights + index * stride;
    let sum = f32x4.splat(0);
    for (let byte: usize = 0; byte < bytes; byte += 16) {
      sum = madd(v128.load(source + byte), v128.load(row + byte), sum);
    }
    store<f32>(target + (index << 2), sumLanes(sum));
  }
}

/**
 * For every row i of the weights: weights[i] += scale · (first[i] − common) · source, then
 * target += (second[i] − common) · weights[i]. One pass over the weights instead of two.
 */
export function addToRowsThenAdd(
  weights: usize,
  stride: usize,
  length: i32,
  first: usize,
  second: usize,
  common: f32,
  source: usize,
  scale: f32,
  target: usize,
  bytes: usize,
): void {
  let row = 0;
  for (; row + 2 <= length; row += 2, first += 8, second += 8) {
    let w0 = weights + <usize>row * stride;
    let w1 = w0 + stride;
    const change0 = f32x4.splat(scale * (load<f32>(first) - common));
    const change1 = f32x4.splat(scale * (load<f32>(first, 4) - common));
    const value0 = f32x4.splat(load<f32>(second) - common);
    const value1 = f32x4.splat(load<f32>(second, 4) - common);
    let to = target;
    for (let from = source, stop = source + bytes; from < stop; from += 32) {
      const low = v128.load(from);
      const high = v128.load(from, 16);
      const low0 = madd(change0, low, v128.load(w0));
      const high0 = madd(change0, high, v128.load(w0, 16));
      const low1 = madd(change1, low, v128.load(w1));
      const high1 = madd(change1, high, v128.load(w1, 16));
      const sumLow = madd(value1, low1, madd(value0, low0, v128.load(to)));
      const sumHigh = madd(value1, high1, madd(value0, high0, v128.load(to, 16)));
      v128.store(w0, low0);
      v128.store(w0, high0, 16);
      v128.store(w1, low1);
      v128.store(w1, high1, 16);
      v128.store(to, sumLow);
      v128.store(to, sumHigh, 16);
      w0 += 32;
      w1 += 32;
      to += 32;
    }
  }
  if (row === length) return;
  const last = weights + <usize>row * stride;
  addScaled(last, source, scale * (load<f32>(first) - common), bytes);
  addScaled(target, last, load<f32>(second) - common, bytes);
}
