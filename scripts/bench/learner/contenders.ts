/**
 * Who is compared: our kernels, TensorFlow.js on every backend present, PyTorch if a Python has it. All on one thread.
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { ModelSpec } from '../../../node/consortium.ts';
import { layersTopology } from '../../../node/learner/layersFile.ts';
import { createLearner } from '../../../node/learner/learner.ts';
import { findBackends } from '../../../node/learner/tensorflow.ts';
import type { Examples } from '../../../node/types.ts';

/** One point of comparison. */
export interface Setting {
  readonly name: 'mlp' | 'cnn';
  readonly batch: number;
  readonly model: ModelSpec;
  /** Digits: most pixels have one value. Noise: all differ. */
  readonly data: Readonly<Record<'digits' | 'noise', Examples>>;
}

/** Somebody who trains. */
export interface Contender {
  readonly name: string;
  /** Trains for about `seconds`; steps per CPU-second, or undefined if it cannot. */
  measure(setting: Setting, seconds: number): Promise<number | undefined>;
  /** Labels `labelledRows` rows at a time for about `seconds`; rows per CPU-second. */
  label?(setting: Setting, seconds: number): Promise<number>;
  close(): void;
}

/** Rows that one party labels for another at a time. */
export const labelledRows = 600;

/** Input shape of both models. */
export const shape: readonly number[] = [32, 32, 1];

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Repeats `work`, which takes `steps` steps, for about `seconds`; steps per CPU-second. */
export async function rate(steps: number, seconds: number, work: () => Promise<unknown>): Promise<number> {
  const start = cpuSeconds();
  let done = 0;
  do {
    await work();
    done += steps;
  } while (cpuSeconds() - start < seconds);
  return done / (cpuSeconds() - start);
}

/** Our kernels on one kind of data. */
export function ownContender(relaxed: boolean, data: 'digits' | 'noise'): Contender {
  return {
    name: `own ${relaxed ? 'relaxed-simd' : 'simd128'}, ${data}`,
    async measure(setting, seconds) {
      const learner = await createLearner(setting.model, { shape, classes: 10 }, { relaxed });
      const examples = setting.data[data];
      const w0 = learner.initialise(1);
      const options = { epochs: 1, batchSize: setting.batch, learningRate: 1e-3, seed: 1 };
      await learner.train(w0, examples, options);
      return rate(examples.labels.length / setting.batch, seconds, () => learner.train(w0, examples, options));
    },
    async label(setting, seconds) {
      const learner = await createLearner(setting.model, { shape, classes: 10 }, { relaxed });
      const inputs = setting.data[data].inputs.subarray(0, labelledRows * 1024);
      const w0 = learner.initialise(1);
      await learner.label(w0, inputs);
      return rate(labelledRows, seconds, () => learner.label(w0, inputs));
    },
    close() {},
  };
}

/**
 * TensorFlow.js on every backend that is present.
 * @param folder - may have tfjs-node in its `node_modules`.
 */
export async function tensorFlowContenders(folder: string): Promise<Contender[]> {
  // What TensorFlow's own library goes by.
  Object.assign(process.env, { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1', TF_CPP_MIN_LOG_LEVEL: '1' });
  const loadNative = () => createRequire(join(resolve(folder), 'from.js'))('@tensorflow/tfjs-node');
  const { warn } = console;
  console.warn = () => undefined; // in another folder it has a TensorFlow.js of its own, which registers all kernels again
  const backends = await findBackends(loadNative);
  console.warn = warn;
  return backends.map(({ tf, name, activate }) => ({
    name,
    async measure({ model: spec, batch, data }, seconds) {
      if (name === 'tfjs cpu' && spec.kind === 'cnn' && batch > 1) return undefined; // a minute a step
      await activate();
      const inputs = { shape: [...shape], classes: 10, mean: 0, stdDev: 1 };
      const topology = layersTopology({ model: spec, inputs });
      const model = await tf.loadLayersModel({ load: async () => ({ modelTopology: topology }) });
      model.compile({ optimizer: tf.train.sgd(1e-3), loss: 'categoricalCrossentropy' });
      const { inputs: rows, labels } = data.digits;
      const x = tf.tensor(rows.subarray(0, batch * 1024), [batch, ...shape]);
      const y = tf.oneHot(tf.tensor1d(Array.from(labels.subarray(0, batch)), 'int32'), 10);
      try {
        await model.trainOnBatch(x, y);
        return await rate(1, seconds, () => model.trainOnBatch(x, y));
      } catch {
        return undefined; // the WebAssembly backend lacks the gradient of a convolution
      } finally {
        tf.dispose([x, y]);
        model.dispose();
      }
    },
    close() {},
  }));
}

/** PyTorch in a process of its own, if `python` has it. */
export async function torchContender(python: string): Promise<Contender | undefined> {
  const child = spawn(python, [join(import.meta.dirname, 'withPyTorch.py')], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = once(child, 'error').then(() => undefined);
  const version = await Promise.race([lines.next().then(({ value }) => value), failed]);
  if (version === undefined) return undefined;
  const ask = async (task: string, name: string, batch: number, calls: number) => {
    child.stdin.write(`${task} ${name} ${batch} ${calls}\n`);
    return Number((await lines.next()).value);
  };
  /** Calls per CPU-second. */
  const measure = async (task: string, name: string, batch: number, seconds: number) => {
    const speed = await ask(task, name, batch, 5);
    return ask(task, name, batch, Math.max(5, Math.round(speed * seconds)));
  };
  return {
    name: `PyTorch ${version}`,
    measure: ({ name, batch }, seconds) => measure('train', name, batch, seconds),
    label: async ({ name }, seconds) => labelledRows * (await measure('label', name, labelledRows, seconds)),
    close() {
      child.kill();
    },
  };
}
