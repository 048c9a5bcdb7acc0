/**
 * Who carries out work on kernels: this thread, with other work let in between, or a pool of threads.
 * @module
 */
import { setImmediate as letOthersIn } from 'node:timers/promises';
import type { Executor } from './checkedLearner.ts';
import type { Engine } from './engine.ts';
import type { WorkerPool } from './pool.ts';
import { labelInBlocks, predictInBlocks, trainInBlocks } from './work.ts';

/** Runs a generator to its end, with a breath between its stops. */
async function unhurried<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    await letOthersIn();
  }
}

/** Works on this thread, one job at a time: the engine holds one set of parameters. */
export function localExecutor(engine: Engine): Executor {
  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: Generator<void, T>): Promise<T> {
    const mine = turn.then(() => unhurried(work));
    turn = mine.catch(() => undefined);
    return mine;
  }
  return {
    train: (parameters, examples, options) => inTurn(trainInBlocks(engine, parameters, examples, options)),
    label: (parameters, inputs) => inTurn(labelInBlocks(engine, parameters, inputs)),
    predict: (parameters, inputs) => inTurn(predictInBlocks(engine, parameters, inputs)),
    memoryBytes: () => engine.memoryBytes,
    close: async () => undefined,
  };
}

/** Works on a pool's threads, as many jobs at a time as there are. */
export function pooledExecutor(pool: WorkerPool): Executor {
  return {
    async train(parameters, { inputs, labels }, { epochs, batchSize, learningRate, seed }) {
      const options = { epochs, batchSize, learningRate, seed };
      const shared = pool.share(inputs);
      const result = await pool.run({ kind: 'train', parameters: parameters.slice(), inputs: shared, labels, options });
      return new Float32Array(result.buffer);
    },
    async label(parameters, inputs) {
      const result = await pool.run({ kind: 'label', parameters: parameters.slice(), inputs: pool.share(inputs) });
      return new Uint8Array(result.buffer);
    },
    async predict(parameters, inputs) {
      const result = await pool.run({ kind: 'predict', parameters: parameters.slice(), inputs: pool.share(inputs) });
      return new Float32Array(result.buffer);
    },
    memoryBytes: () => pool.memoryBytes,
    close: () => pool.close(),
  };
}
