/**
 * A thread of the pool: trains and predicts on an engine, or on a TensorFlow.js, of its own, one job after the other.
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Executor } from './checkedLearner.ts';
import { LearnerError } from './errors.ts';
import { localExecutor } from './executors.ts';
import type { Answer, Job, LayersDescription, Results, WorkerSetup } from './job.ts';
import { adoptKernels } from './kernels.ts';
import { createModelEngine } from './model.ts';

/** What jobs are carried out with. */
interface Workplace {
  readonly executor: Executor;
  readonly description?: LayersDescription;
}

async function prepare(setup: WorkerSetup): Promise<Workplace> {
  if ('topology' in setup) {
    const { createLayersWork } = await import('./layersLearner.ts');
    return createLayersWork(setup);
  }
  adoptKernels(setup.kernels);
  return { executor: localExecutor(createModelEngine(setup.model, setup.inputs, setup.build)) };
}

async function carryOut({ executor, description }: Workplace, job: Job): Promise<Results[Job['kind']]> {
  switch (job.kind) {
    case 'describe':
      if (description === undefined) throw new TypeError('Models on kernels are described by the main thread.');
      return description;
    case 'train':
      return executor.train(job.parameters, job, job.options);
    case 'label':
      return executor.label(job.parameters, job.inputs, job.rows);
    case 'predict':
      return executor.predict(job.parameters, job.inputs);
  }
}

const workplace = prepare(workerData);
// Whoever sends the first job is told.
workplace.catch(() => undefined);

async function answerTo(job: Job): Promise<Answer> {
  try {
    const result = await carryOut(await workplace, job);
    const { executor } = await workplace;
    return { ok: true, result, memoryBytes: executor.memoryBytes() };
  } catch (error) {
    if (!(error instanceof LearnerError)) throw error;
    const { code, message, action, meta, cause } = error;
    return { ok: false, error: { code, message, action, meta, cause } };
  }
}

parentPort?.on('message', async (job: Job) => {
  const answer = await answerTo(job);
  const bytes = answer.ok && ArrayBuffer.isView(answer.result) ? answer.result.buffer : undefined;
  parentPort?.postMessage(answer, bytes instanceof ArrayBuffer ? [bytes] : []);
});
