/**
 * The machine's clock, as the algorithm sees it.
 * @module
 */
import type { Clock } from './algorithm/ports.ts';

/** Longest delay a timer takes: 2³¹ − 1 ms, about 25 days. */
const LONGEST_MS = 0x7fffffff;

/** Wall clock; deadlines on the ledger are block times, so the machine's clock must be right (the preflight checks it). */
export const systemClock: Clock = {
  now: () => Date.now() / 1000,
  until(time) {
    if (time === 0) return new AbortController().signal;
    const delay = Math.ceil(time * 1000 - Date.now());
    return AbortSignal.timeout(Math.min(Math.max(delay, 0), LONGEST_MS));
  },
};
