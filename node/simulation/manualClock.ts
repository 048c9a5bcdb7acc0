/**
 * A clock that stands still until it is told, for runs in which no real time passes.
 * @module
 */
import type { Clock } from '../algorithm/ports.ts';

/** See {@link createManualClock}. */
export interface ManualClock extends Clock {
  /** Moves time on; signals that are due abort. */
  advance(seconds: number): void;
}

/** Creates a clock at some time in the past. */
export function createManualClock(): ManualClock {
  let now = 1_000_000;
  let waiting: { readonly time: number; readonly controller: AbortController }[] = [];
  return {
    now: () => now,
    until(time) {
      const controller = new AbortController();
      if (time !== 0) waiting.push({ time, controller });
      return controller.signal;
    },
    advance(seconds) {
      now += seconds;
      for (const { time, controller } of waiting) if (time <= now) controller.abort(new Error('The time is over.'));
      waiting = waiting.filter(({ time }) => time > now);
    },
  };
}
