/**
 * Learners that share a pool of threads: many parties of a simulation, or one node beside its network, train at once.
 * A job runs on one thread, so results do not depend on how many there are.
 * @module
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LearnerError } from './errors.ts';
import type { Answer, Job, WorkerSetup } from './job.ts';

/** A job and who waits for it. */
interface Waiting {
  readonly job: Job;
  resolve(result: Float32Array | Uint8Array): void;
  reject(reason: unknown): void;
}

/** A thread and what it does. */
interface Thread {
  readonly worker: Worker;
  current: Waiting | undefined;
  memoryBytes: number;
}

function failed(message: string, cause?: unknown): LearnerError {
  return new LearnerError('WORKER_FAILED', message, { fault: 'self', cause });
}

/** Threads that carry out jobs. They start when first needed, and only a job under way keeps the process alive. */
export class WorkerPool {
  readonly #setup: WorkerSetup;
  readonly #size: number;
  readonly #threads = new Set<Thread>();
  readonly #queue: Waiting[] = [];
  /** Copies in shared memory, for as long as somebody holds the original. */
  readonly #shared = new WeakMap<Float32Array, Float32Array>();
  #closed = false;

  /** @param size - most threads, ≥ 1. */
  constructor(setup: WorkerSetup, size: number) {
    this.#setup = setup;
    this.#size = size;
  }

  /** Kernel memory of all threads after their last job, bytes. */
  get memoryBytes(): number {
    return [...this.#threads].reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  }

  /**
   * The same inputs where all threads see them. Copied at the first call for an array, unless it is in shared memory
   * already; the caller must not change it afterwards.
   */
  share(inputs: Float32Array): Float32Array {
    if (inputs.buffer instanceof SharedArrayBuffer) return inputs;
    const known = this.#shared.get(inputs);
    if (known !== undefined) return known;
    const copy = new Float32Array(new SharedArrayBuffer(inputs.byteLength));
    copy.set(inputs);
    this.#shared.set(inputs, copy);
    return copy;
  }

  /** Carries a job out. @throws {@link LearnerError} what the job throws, or `WORKER_FAILED`. */
  run(job: Job): Promise<Float32Array | Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(failed('The learner is closed.'));
        return;
      }
      this.#queue.push({ job, resolve, reject });
      this.#dispatch();
    });
  }

  /** Ends all threads; jobs not finished are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#queue.splice(0)) reject(failed('The learner was closed.'));
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const thread = [...this.#threads].find(({ current }) => current === undefined) ?? this.#start();
      if (thread === undefined) return;
      const next = this.#queue.shift();
      if (next === undefined) return;
      thread.current = next;
      thread.worker.ref();
      thread.worker.postMessage(next.job, [next.job.parameters.buffer]);
    }
  }

  #start(): Thread | undefined {
    if (this.#threads.size >= this.#size) return undefined;
    const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: this.#setup,
      execArgv: [],
    });
    const thread: Thread = { worker, current: undefined, memoryBytes: 0 };
    this.#threads.add(thread);
    worker.unref();
    worker.on('message', (answer: Answer) => {
      const done = thread.current;
      thread.current = undefined;
      worker.unref();
      if (answer.ok) {
        thread.memoryBytes = answer.memoryBytes;
        done?.resolve(answer.result);
      } else {
        const { code, message, action, meta } = answer.error;
        done?.reject(
          new LearnerError(code, message, { fault: 'self', meta, ...(action === undefined ? {} : { action }) }),
        );
      }
      this.#dispatch();
    });
    const end = (reason: LearnerError) => {
      this.#threads.delete(thread);
      thread.current?.reject(reason);
      thread.current = undefined;
      this.#dispatch();
    };
    worker.on('error', (error) => end(failed('A training thread failed.', error)));
    worker.on('exit', () => end(failed('A training thread ended.')));
    return thread;
  }
}
