/**
 * Questions whose answers are still being worked on. A requester that was told NOT_READY and asks the same again
 * joins the running work instead of starting it once more.
 * @module
 */
import type { Clock } from './clock.ts';

/** A question and how much may be spent on it. */
export interface Work<Value> {
  /** Who asks; at most `concurrent` of its works run at a time, however long they take. */
  readonly owner: string;
  /** Equal for equal questions of one owner. */
  readonly key: string;
  readonly concurrent: number;
  /** Longest wait of this call; milliseconds. */
  readonly waitMs: number;
  run(): Promise<Value>;
}

/** Answers in the making. */
export interface Pending<Value> {
  /**
   * Waits for an answer, starting the work unless it runs already or has finished unheard.
   * @returns undefined if it takes longer than `waitMs` (the work goes on) or the owner has too much running.
   */
  await(work: Work<Value>): Promise<Value | undefined>;
}

/** @param keep - most finished answers kept for requesters that have not come back; the oldest go first. */
export function createPending<Value>(clock: Clock, keep: number): Pending<Value> {
  const running = new Map<string, Promise<Value>>();
  const finished = new Map<string, Promise<Value>>();
  const load = new Map<string, number>();

  function start(id: string, { owner, concurrent, run }: Work<Value>): Promise<Value> | undefined {
    const count = load.get(owner) ?? 0;
    if (count >= concurrent) return undefined;
    const promise = run();
    load.set(owner, count + 1);
    running.set(id, promise);
    const settle = () => {
      load.set(owner, (load.get(owner) ?? 1) - 1);
      running.delete(id);
      finished.set(id, promise);
      for (const oldest of finished.keys()) {
        if (finished.size <= keep) break;
        finished.delete(oldest);
      }
    };
    promise.then(settle, settle);
    return promise;
  }

  return {
    async await(work) {
      const id = `${work.owner}/${work.key}`;
      const promise = finished.get(id) ?? running.get(id) ?? start(id, work);
      if (promise === undefined) return undefined;
      const stop = new AbortController();
      const late = Symbol('late');
      const timeout = clock.sleep(work.waitMs, stop.signal).then(
        () => late,
        () => late,
      );
      try {
        const first = await Promise.race([promise, timeout]);
        if (typeof first === 'symbol') return undefined;
        finished.delete(id);
        return first;
      } finally {
        stop.abort();
      }
    },
  };
}
