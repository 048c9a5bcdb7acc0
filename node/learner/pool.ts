/**
 * Learners that share a pool of threads: many parties of a simulation, or one node beside its network, train at once.
 * A job runs on one thread, so results do not depend on how many there are.
 * @module
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LearnerError } from './errors.ts';
import type { Answer, Job, Results, WorkerSetup } from './job.ts';

/** A job and who waits for it. */
interface Waiting {
  readonly job: Job;
  resolve(result: Results[Job['kind']]): void;
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
  /** Most threads, ≥ 1. */
  size: number;
  readonly #setup: WorkerSetup;
  readonly #threads = new Set<Thread>();
  readonly #queue: Waiting[] = [];
  /** Inputs seen once, and those seen again with their copies in shared memory, for as long as somebody holds them. */
  readonly #seen = new WeakSet<Float32Array>();
  readonly #shared = new WeakMap<Float32Array, Float32Array>();
  #closed = false;

  constructor(setup: WorkerSetup, size: number) {
    this.#setup = setup;
    this.size = size;
  }

  /** Memory for computing of all threads after their last job, bytes. */
  get memoryBytes(): number {
    return [...this.#threads].reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  }

  /**
   * Carries a job out. Its arrays must not change until then; inputs that come twice must not change at all.
   * @throws {@link LearnerError} what the job throws, or `WORKER_FAILED`.
   */
  run<J extends Job>(job: J): Promise<Results[J['kind']]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(failed('The learner is closed.'));
        return;
      }
      // A worker answers each kind of job with its kind of result.
      this.#queue.push({ job, resolve: (result) => resolve(result as Results[J['kind']]), reject });
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
      this.#send(thread.worker, next.job);
    }
  }

  /** Copies are made only now, so that a long queue holds none. */
  #send(worker: Worker, job: Job): void {
    if (job.kind === 'describe') {
      worker.postMessage(job);
      return;
    }
    const parameters = job.parameters.slice();
    const inputs = this.#shared.get(job.inputs) ?? this.#place(job.inputs);
    const handed = inputs.buffer instanceof ArrayBuffer ? [parameters.buffer, inputs.buffer] : [parameters.buffer];
    worker.postMessage({ ...job, parameters, inputs }, handed);
  }

  /**
   * The same inputs in shared memory if they are there or came before, for then they will come again; else a copy to
   * hand over. Shared memory must not be used for what comes once: garbage collectors do not count it, so they let it
   * pile up in every thread that has seen it.
   */
  #place(inputs: Float32Array): Float32Array {
    if (inputs.buffer instanceof SharedArrayBuffer) return inputs;
    if (!this.#seen.has(inputs)) {
      this.#seen.add(inputs);
      return inputs.slice();
    }
    const copy = new Float32Array(new SharedArrayBuffer(inputs.byteLength));
    copy.set(inputs);
    this.#shared.set(inputs, copy);
    return copy;
  }

  #start(): Thread | undefined {
    if (this.#threads.size >= this.size) return undefined;
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
        const { code, message, action, ...rest } = answer.error;
        done?.reject(
          new LearnerError(code, message, { fault: 'self', ...rest, ...(action === undefined ? {} : { action }) }),
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
