/**
 * A process that carries out a run for `npm run tables`.
 * @module
 */
import { constants, setPriority } from 'node:os';
import { createLaboratory } from '../simulate/laboratory.ts';
import { requestSchema } from '../simulate/request.ts';
import { codeFingerprint } from './cache.ts';
import type { RunRecord } from './table.ts';

/** What a worker answers, with the fingerprint of the code it has loaded. */
export type WorkerAnswer = { readonly record: RunRecord; readonly fingerprint: string } | { readonly failure: string };

// Whoever works on this machine comes first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
const laboratory = createLaboratory(0);
const fingerprint = codeFingerprint();
process.on('message', async (message) => {
  const request = requestSchema.parse(message);
  const before = process.cpuUsage();
  let answer: WorkerAnswer;
  try {
    const { summary: _, consortium: __, ...outcome } = await laboratory.run(request);
    const { user, system } = process.cpuUsage(before);
    answer = { record: { ...outcome, request, seconds: (user + system) / 1e6 }, fingerprint };
  } catch (error) {
    answer = { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  process.send?.(answer);
});
