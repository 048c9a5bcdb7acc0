/**
 * onnxruntime-node as a contender, if it is installed: the training step as a graph.
 * @module
 */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createLearner } from '../../../node/learner/learner.ts';
import { type Contender, rate, type Setting, shape } from './contenders.ts';
import { encodeOnnx, type GraphValue } from './onnx.ts';
import { trainingGraph } from './trainingGraph.ts';

/** What is used of the package, which is no dependency of ours. */
interface Tensor {
  readonly data: Float32Array;
}
type Values = Readonly<Record<string, Tensor>>;
interface Session {
  run(feeds: Values): Promise<Values>;
  release(): Promise<void>;
}
interface OnnxRuntime {
  readonly env: { readonly versions: { readonly common: string } };
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Tensor;
}

const learningRate = 1e-3;
/** Largest difference from our own step before a contender is not comparable. */
const tolerance = 1e-5;

function load(folder: string): OnnxRuntime | undefined {
  try {
    return createRequire(join(resolve(folder), 'from.js'))('onnxruntime-node');
  } catch {
    return undefined; // not installed
  }
}

/** Where entry (row-major) of a parameter of the graph is in our flat vector; ours begins at `start`. */
function flatIndex(name: string, start: number): (entry: number) => number {
  // k1 here is [32][25], ours [25][32]; k2 here is [64][32][25], ours [64][25][32].
  if (name === 'k1') return (entry) => start + (entry % 25) * 32 + Math.floor(entry / 25);
  if (name === 'k2') {
    return (entry) => start + Math.floor(entry / 800) * 800 + (entry % 25) * 32 + (Math.floor(entry / 25) % 32);
  }
  return (entry) => start + entry;
}

/** Cuts our flat vector into the graph's parameters. */
function toGraph(model: Setting['name'], values: readonly GraphValue[], flat: Float32Array): Map<string, Float32Array> {
  let start = 0;
  return new Map(
    values.map(({ name, shape: dims }) => {
      const length = dims.reduce((size, edge) => size * edge, 1);
      let index = flatIndex(name, start);
      // Features here are [64][2][2], ours [2][2][64].
      if (model === 'cnn' && name === 'w1') {
        const first = start;
        index = (entry) => {
          const feature = Math.floor(entry / 200);
          return first + ((feature % 4) * 64 + (feature >> 2)) * 200 + (entry % 200);
        };
      }
      start += length;
      return [name, Float32Array.from({ length }, (_, entry) => flat[index(entry)])];
    }),
  );
}

/** The contender, if `folder` or a folder above it has the package in its `node_modules`. */
export async function onnxContender(folder: string): Promise<Contender | undefined> {
  const runtime = load(folder);
  if (runtime === undefined) return undefined;
  const { InferenceSession, Tensor, env } = runtime;
  return {
    name: `onnxruntime-node ${env.versions.common}`,
    async measure({ name, batch, model, data }, seconds) {
      const graph = trainingGraph(name, batch, learningRate);
      const session = await InferenceSession.create(encodeOnnx(graph), {
        executionProviders: ['cpu'],
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
      });
      const { inputs, labels } = data.digits;
      const [x, target, ...parameters] = graph.inputs;
      const oneHot = new Float32Array(batch * 10);
      labels.subarray(0, batch).forEach((label, row) => {
        oneHot[row * 10 + label] = 1;
      });
      const fixed = {
        x: new Tensor('float32', inputs.slice(0, batch * 1024), x.shape),
        target: new Tensor('float32', oneHot, target.shape),
      };
      const learner = await createLearner(model, { shape, classes: 10 });
      const w0 = learner.initialise(1);
      const start = toGraph(name, parameters, w0);
      const step = async (state: Values): Promise<Values> => {
        const next = await session.run({ ...fixed, ...state });
        return Object.fromEntries(parameters.map((each) => [each.name, next[`${each.name}.next`]]));
      };
      let state: Values = Object.fromEntries(
        parameters.map((each) => [
          each.name,
          new Tensor('float32', start.get(each.name) ?? new Float32Array(), each.shape),
        ]),
      );
      state = await step(state);
      const ours = await learner.train(
        w0,
        { inputs: inputs.slice(0, batch * 1024), labels: labels.slice(0, batch), shape, classes: 10 },
        { epochs: 1, batchSize: batch, learningRate, seed: 1 },
      );
      for (const [parameter, expected] of toGraph(name, parameters, ours)) {
        const { data: actual } = state[parameter];
        const worst = expected.reduce((most, value, index) => Math.max(most, Math.abs(value - actual[index])), 0);
        if (!(worst <= tolerance)) throw new Error(`The graph's ${parameter} of ${name} B${batch} is off by ${worst}.`);
      }
      const speed = await rate(1, seconds, async () => {
        state = await step(state);
      });
      await session.release();
      return speed;
    },
    close() {},
  };
}
