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
  const never = new AbortController();
  // One for all who wait for the same time: as time stands still, thousands do in a long run.
  const waiting = new Map<number, AbortController>();
  return {
    now: () => now,
    until(time) {
      if (time === 0) return never.signal;
      const controller = waiting.get(time) ?? new AbortController();
      waiting.set(time, controller);
      return controller.signal;
    },
    advance(seconds) {
      now += seconds;
      for (const [time, controller] of waiting) {
        if (time > now) continue;
        waiting.delete(time);
        controller.abort(new Error('The time is over.'));
      }
    },
  };
}
