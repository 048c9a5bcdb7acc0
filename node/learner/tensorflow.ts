/**
 * Finds a TensorFlow.js that runs here. Loaded only for models a developer brings: it takes seconds.
 * @module
 */
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import util from 'node:util';

/** The library's interface. */
export type TensorFlow = typeof import('@tensorflow/tfjs');

/** A way to compute. */
export interface Backend {
  readonly tf: TensorFlow;
  /** For logs: `tfjs-node`, `tfjs wasm` or `tfjs cpu`. */
  readonly name: string;
  /** Makes it the current one. */
  activate(): Promise<boolean>;
}

/** tfjs-node, if it is installed and its native library loads. It is older than Node 23, which removed a helper. */
async function nativeBackend(): Promise<Backend | undefined> {
  const helper = 'isNullOrUndefined';
  if (!(helper in util)) {
    Object.defineProperty(util, helper, { value: (value: unknown) => value === null || value === undefined });
  }
  const name: string = '@tensorflow/tfjs-node';
  try {
    // An optional dependency, so its types may be missing; it exports the same interface.
    const tf = (await import(name)) as TensorFlow;
    return { tf, name: 'tfjs-node', activate: () => tf.setBackend('tensorflow') };
  } catch {
    return undefined;
  }
}

/** All that can be tried here, fastest first. The last one, plain JavaScript, always works. */
export async function findBackends(): Promise<readonly Backend[]> {
  const native = await nativeBackend();
  if (native !== undefined) return [native];
  const tf = await import('@tensorflow/tfjs');
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}${sep}`);
  return (['wasm', 'cpu'] as const).map((backend) => ({
    tf,
    name: `tfjs ${backend}`,
    activate: () => tf.setBackend(backend),
  }));
}
