/**
 * A thread of the pool: trains and predicts on an engine of its own, one job after the other.
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Engine } from './engine.ts';
import { LearnerError } from './errors.ts';
import type { Answer, Job, WorkerSetup } from './job.ts';
import { adoptKernels } from './kernels.ts';
import { createModelEngine } from './model.ts';
import { labelInBlocks, predictInBlocks, trainInBlocks } from './work.ts';

function begin(engine: Engine, job: Job): Generator<void, Float32Array | Uint8Array> {
  switch (job.kind) {
    case 'train':
      return trainInBlocks(engine, job.parameters, job, job.options);
    case 'label':
      return labelInBlocks(engine, job.parameters, job.inputs);
    case 'predict':
      return predictInBlocks(engine, job.parameters, job.inputs);
  }
}

function carryOut(engine: Engine, job: Job): Answer {
  try {
    const work = begin(engine, job);
    for (;;) {
      const { done, value } = work.next();
      if (done) return { ok: true, result: value, memoryBytes: engine.memoryBytes };
    }
  } catch (error) {
    if (!(error instanceof LearnerError)) throw error;
    const { code, message, action, meta } = error;
    return { ok: false, error: { code, message, action, meta } };
  }
}

const { model, inputs, build, kernels }: WorkerSetup = workerData;
adoptKernels(kernels);
const engine = createModelEngine(model, inputs, build);
parentPort?.on('message', (job: Job) => {
  const answer = carryOut(engine, job);
  const bytes = answer.ok ? answer.result.buffer : undefined;
  parentPort?.postMessage(answer, bytes instanceof ArrayBuffer ? [bytes] : []);
});
