/**
 * Who carries out work: this thread, with other work let in between, or a pool of threads.
 * @module
 */
import { setImmediate as letOthersIn } from 'node:timers/promises';
import type { Executor } from './checkedLearner.ts';
import type { Engine } from './engine.ts';
import type { WorkerPool } from './pool.ts';
import { labelInBlocks, predictInBlocks, trainInBlocks } from './work.ts';

/** Lets one piece of work begin when the one before it has ended. */
export function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

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
  const inTurn = createTurns();
  return {
    train: (...given) => inTurn(() => unhurried(trainInBlocks(engine, ...given))),
    label: (...given) => inTurn(() => unhurried(labelInBlocks(engine, ...given))),
    predict: (...given) => inTurn(() => unhurried(predictInBlocks(engine, ...given))),
    memoryBytes: () => engine.memoryBytes,
    close: async () => undefined,
  };
}

/** Works on a pool's threads, as many jobs at a time as there are. */
export function pooledExecutor(pool: WorkerPool): Executor {
  return {
    train(parameters, { inputs, labels }, { epochs, batchSize, learningRate, seed }) {
      const options = { epochs, batchSize, learningRate, seed };
      return pool.run({ kind: 'train', parameters, inputs, labels, options });
    },
    label: (parameters, inputs, rows) => pool.run({ kind: 'label', parameters, inputs, rows }),
    predict: (parameters, inputs) => pool.run({ kind: 'predict', parameters, inputs }),
    memoryBytes: () => pool.memoryBytes,
    close: () => pool.close(),
  };
}
