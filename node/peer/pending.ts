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
  /** Ends the wait when the peer stops. */
  readonly signal: AbortSignal;
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

interface Entry<Value> {
  readonly promise: Promise<Value>;
  /** Calls that wait for it now. */
  waiting: number;
}

/** @param keep - most finished answers kept for requesters that have not come back; the oldest go first. */
export function createPending<Value>(clock: Clock, keep: number): Pending<Value> {
  const running = new Map<string, Entry<Value>>();
  const unheard = new Map<string, Entry<Value>>();
  const load = new Map<string, number>();

  function start(id: string, { owner, concurrent, run }: Work<Value>): Entry<Value> | undefined {
    const count = load.get(owner) ?? 0;
    if (count >= concurrent) return undefined;
    const entry: Entry<Value> = { promise: run(), waiting: 0 };
    load.set(owner, count + 1);
    running.set(id, entry);
    const settle = () => {
      load.set(owner, (load.get(owner) ?? 1) - 1);
      running.delete(id);
      if (entry.waiting === 0) keepUnheard(id, entry);
    };
    entry.promise.then(settle, settle);
    return entry;
  }

  function keepUnheard(id: string, entry: Entry<Value>): void {
    unheard.set(id, entry);
    for (const oldest of unheard.keys()) {
      if (unheard.size <= keep) break;
      unheard.delete(oldest);
    }
  }

  return {
    async await(work) {
      const id = `${work.owner}/${work.key}`;
      const entry = unheard.get(id) ?? running.get(id) ?? start(id, work);
      if (entry === undefined) return undefined;
      const stop = new AbortController();
      const late = Symbol('late');
      const timeout = clock.sleep(work.waitMs, AbortSignal.any([stop.signal, work.signal])).then(
        () => late,
        () => late,
      );
      entry.waiting += 1;
      try {
        const first = await Promise.race([entry.promise, timeout]);
        if (typeof first === 'symbol') return undefined;
        unheard.delete(id);
        return first;
      } finally {
        entry.waiting -= 1;
        stop.abort();
      }
    },
  };
}
