/**
 * Processes that share the runs of the tables, one a run: each trains on one core, so that nothing waits for threads.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { SimulateError } from '../simulate/errors.ts';
import { argumentsOf, type Request } from '../simulate/request.ts';
import type { RunRecord } from './table.ts';
import type { WorkerAnswer, WorkerOrder } from './worker.ts';

/**
 * Carries out all requests.
 * @param fingerprint - of the code that is to carry them out: each process loads the code that is there when it starts.
 * @param onRecord - told each result as soon as it is there.
 * @param signal - stops before the next run; those under way are given up.
 * @throws SimulateError `RUN_FAILED`, `CODE_CHANGED`; the signal's reason.
 */
export async function runAll(
  requests: readonly Request[],
  processes: number,
  fingerprint: string,
  onRecord: (record: RunRecord) => void,
  signal: AbortSignal,
): Promise<void> {
  const waiting = [...requests];
  const crew = Array.from({ length: Math.min(processes, waiting.length) }, async () => {
    try {
      for (let request = waiting.shift(); request !== undefined; request = waiting.shift()) {
        // One process a run: what a run holds is given back whole, however many follow.
        const worker = fork(new URL('./worker.ts', import.meta.url), {
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        });
        try {
          onRecord(await ask(worker, request, fingerprint, signal));
        } finally {
          worker.kill('SIGKILL');
        }
      }
    } finally {
      waiting.length = 0;
    }
  });
  await Promise.all(crew);
}

async function ask(
  worker: ChildProcess,
  request: Request,
  fingerprint: string,
  signal: AbortSignal,
): Promise<RunRecord> {
  signal.throwIfAborted();
  const settled = new AbortController();
  const listening = { signal: AbortSignal.any([signal, settled.signal]) };
  worker.send({ request, fingerprint } satisfies WorkerOrder);
  const answered = once(worker, 'message', listening).then(([answer]): WorkerAnswer => answer);
  const died = once(worker, 'exit', listening).then(([code]): WorkerAnswer => ({ failure: `It ended with ${code}.` }));
  // Whichever of the two does not come is given up below.
  Promise.allSettled([answered, died]);
  try {
    const answer = await Promise.race([answered, died]);
    if ('record' in answer) return answer.record;
    if ('changed' in answer) {
      throw new SimulateError('CODE_CHANGED', 'The code was changed while the tables were made.', {
        action: 'Run the command again; it begins anew with the code as it is.',
      });
    }
    const command = `npm run simulate -- ${argumentsOf(request).join(' ')}`;
    throw new SimulateError('RUN_FAILED', `This run failed: ${command}\n${answer.failure}`);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    settled.abort();
  }
}
