/**
 * A process that carries out a run for `npm run tables`.
 * @module
 */
import { constants, setPriority } from 'node:os';
import { createLaboratory } from '../simulate/laboratory.ts';
import { type Request, requestSchema } from '../simulate/request.ts';
import { codeFingerprint } from './cache.ts';
import type { RunRecord } from './table.ts';

/** What a worker is told: the run, and of which code it is to be. */
export interface WorkerOrder {
  readonly request: Request;
  readonly fingerprint: string;
}

/** What it answers; `changed` where the code it has loaded is another. */
export type WorkerAnswer = { readonly record: RunRecord } | { readonly failure: string } | { readonly changed: true };

// Whoever works on this machine comes first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
const laboratory = createLaboratory(0);
process.on('message', async (order: WorkerOrder) => {
  process.send?.(order.fingerprint === codeFingerprint() ? await carryOut(order.request) : { changed: true });
});

async function carryOut(given: Request): Promise<WorkerAnswer> {
  const request = requestSchema.parse(given);
  const before = process.cpuUsage();
  try {
    const { summary: _, consortium: __, ...outcome } = await laboratory.run(request);
    const { user, system } = process.cpuUsage(before);
    return { record: { ...outcome, request, seconds: (user + system) / 1e6 } };
  } catch (error) {
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
