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
  /** For logs: {@link nativeName}, `tfjs wasm` or `tfjs cpu`. */
  readonly name: string;
  /** Whether what it computes can be believed without a look at plain JavaScript's result. */
  readonly trusted: boolean;
  /** Makes it the current one. */
  activate(): Promise<boolean>;
}

/** The backend whose library is TensorFlow's own. */
export const nativeName = 'tfjs-node';

const require = createRequire(import.meta.url);

/** tfjs-node, an optional dependency with the same interface as TensorFlow.js. */
function requireNative(): TensorFlow {
  return require('@tensorflow/tfjs-node');
}

/** Helpers of `util` that tfjs-node needs and that newer versions of Node lack, or warn about. */
const helpers = {
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: Array.isArray,
};

/** tfjs-node, if it is installed and its native library loads. */
function nativeBackends(load: () => TensorFlow): Backend[] {
  for (const [name, value] of Object.entries(helpers)) Object.defineProperty(util, name, { value, configurable: true });
  try {
    const tf = load();
    return [{ tf, name: nativeName, trusted: true, activate: () => tf.setBackend('tensorflow') }];
  } catch {
    return []; // not installed, or without its native library, which it downloads when it is installed
  }
}

/**
 * All that can be tried here, fastest first. The last one, plain JavaScript, always works.
 * @param loadNative - loads tfjs-node, or throws.
 */
export async function findBackends(loadNative = requireNative): Promise<readonly Backend[]> {
  const native = nativeBackends(loadNative);
  const tf = await import('@tensorflow/tfjs');
  tf.enableProdMode(); // else it advises, on every start, to install tfjs-node
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}${sep}`);
  const portable = (['wasm', 'cpu'] as const).map((backend) => ({
    tf,
    name: `tfjs ${backend}`,
    trusted: backend === 'cpu',
    activate: () => tf.setBackend(backend),
  }));
  return [...native, ...portable];
}
