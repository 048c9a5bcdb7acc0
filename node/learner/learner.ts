/**
 * Creates the learner of a consortium's model: built-in models on WebAssembly kernels, a developer's own on TensorFlow.js.
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { ModelSpec } from '../consortium.ts';
import { checkedLearner, type ModelLearner } from './checkedLearner.ts';
import { sizeOf } from './engine.ts';
import { LearnerError } from './errors.ts';
import { localExecutor, pooledExecutor } from './executors.ts';
import { layersParameters, uniformParameters } from './initialise.ts';
import type { LayersWorkerSetup } from './job.ts';
import { compiledKernels } from './kernels.ts';
import type { LayersWork } from './layersLearner.ts';
import { createModelEngine, type InputSpec } from './model.ts';
import { WorkerPool } from './pool.ts';
import { nativeName } from './tensorflow.ts';
import { checkWide } from './wide.ts';

/** How models are trained on this host. */
export interface LearnerOptions {
  /** Fuse multiplications with additions, and use 256-bit registers where V8 can: results differ in their last bits from other hosts'. */
  readonly relaxed?: boolean;
  /**
   * Threads to train on, so that this one stays free and as many calls run at once; 0, the default, uses this thread
   * and lets other work in between. Results do not depend on it. No array may change until the call it was passed to is
   * over; with threads, inputs that are passed again must not have changed: they are copied to shared memory at the
   * second call, unless they are there already.
   */
  readonly threads?: number;
  /** A `model.json`, or only the `modelTopology` in it, of a model of kind `layers`: the file's path, or it parsed. */
  readonly topology?: string | object | undefined;
}

/** The topology itself of a developer's model. @throws {@link LearnerError} `INVALID_MODEL`. */
export async function readTopology(topology: string | object | undefined): Promise<object> {
  const refuse = (message: string, cause?: unknown) =>
    new LearnerError('INVALID_MODEL', message, {
      fault: 'self',
      action: 'Give the model.json of the model the consortium agreed on.',
      cause,
    });
  if (topology === undefined) throw refuse('The consortium brings a model of its own, and its topology is not given.');
  let value: unknown = topology;
  if (typeof topology === 'string') {
    try {
      value = JSON.parse(await readFile(topology, 'utf8'));
    } catch (cause) {
      throw refuse(`The topology ${topology} cannot be read as JSON.`, cause);
    }
  }
  const inner = typeof value === 'object' && value !== null && 'modelTopology' in value ? value.modelTopology : value;
  if (typeof inner !== 'object' || inner === null) throw refuse('The topology is not a JSON object.');
  return inner;
}

/**
 * Creates the learner of a consortium's model.
 * @example
 * const learner = await createLearner({ kind: 'mlp', layers: [1024, 128, 64, 10] }, { shape: [32, 32, 1], classes: 10 });
 * @throws {@link LearnerError} `INVALID_MODEL`, `INVALID_OPTION`, `KERNELS_MISSING`, `KERNELS_WRONG`.
 */
export async function createLearner(
  model: ModelSpec,
  { shape, classes }: InputSpec,
  { relaxed = false, threads = 0, topology }: LearnerOptions = {},
): Promise<ModelLearner> {
  const inputs = { shape, classes };
  const features = sizeOf(shape);
  if (!Number.isSafeInteger(threads) || threads < 0) {
    throw new LearnerError('INVALID_OPTION', `threads must be an integer ≥ 0, not ${threads}.`, { fault: 'self' });
  }
  if (model.kind === 'layers') {
    const setup = { model, inputs, topology: await readTopology(topology) };
    const { executor, description } = await (threads > 0 ? pooledLayers(setup, threads) : localLayers(setup));
    const { backend, tensors, drawn } = description;
    const initialise = (seed: number) => layersParameters(tensors, drawn, seed);
    return checkedLearner({ backend, tensors, outputs: classes, features, classes, initialise, executor });
  }
  const build = relaxed ? 'relaxed' : 'portable';
  const engine = createModelEngine(model, inputs, build);
  if (relaxed) checkWide(model, inputs);
  const { tensors, outputs } = engine;
  const setup = { model, inputs, build, kernels: compiledKernels() } as const;
  return checkedLearner({
    backend: relaxed ? 'wasm relaxed-simd' : 'wasm simd128',
    tensors,
    outputs,
    features,
    classes,
    initialise: (seed) => uniformParameters(tensors, seed),
    executor: threads > 0 ? pooledExecutor(new WorkerPool(setup, threads)) : localExecutor(engine),
  });
}

async function localLayers(setup: LayersWorkerSetup): Promise<LayersWork> {
  const { createLayersWork } = await import('./layersLearner.ts');
  return createLayersWork(setup);
}

/** A step of TensorFlow.js may take seconds, during which a thread does nothing else. */
async function pooledLayers(setup: LayersWorkerSetup, threads: number): Promise<LayersWork> {
  const pool = new WorkerPool(setup, 1);
  try {
    const description = await pool.run({ kind: 'describe' });
    // tfjs-node's library spreads every step over all cores by itself.
    if (description.backend !== nativeName) pool.size = threads;
    return { description, executor: pooledExecutor(pool) };
  } catch (error) {
    await pool.close();
    throw error;
  }
}
