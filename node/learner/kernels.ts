/**
 * Loads the WebAssembly kernels that `npm run build` compiles from `assembly/`.
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LearnerError } from './errors.ts';

const folder = join(import.meta.dirname, '..', '..', 'build', 'kernels');
const pageBytes = 65_536;
const compiled = new Map<string, WebAssembly.Module>();

/** An instance of a kernel file with a memory that grows as asked. */
export interface Kernel {
  readonly memory: WebAssembly.Memory;
  /** The exported functions; all arguments and results are numbers. */
  call(name: string, ...values: readonly number[]): number;
  /**
   * Makes the memory at least `bytes` large. Views of its buffer made before are no longer valid.
   * @throws {@link LearnerError} `OUT_OF_MEMORY`.
   */
  reserve(bytes: number): void;
}

function compile(name: string): WebAssembly.Module {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const path = join(folder, `${name}.wasm`);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new LearnerError('KERNELS_MISSING', `The compiled kernel ${path} is missing.`, {
      fault: 'self',
      action: 'Run `npm run build`.',
      cause,
    });
  }
  const module = new WebAssembly.Module(bytes);
  compiled.set(name, module);
  return module;
}

/**
 * Instantiates `build/kernels/<name>.wasm`.
 * @param relaxed - take the build with fused multiply-add, whose last bits depend on the processor.
 * @throws {@link LearnerError} `KERNELS_MISSING`.
 */
export function createKernel(name: string, relaxed: boolean): Kernel {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  const { exports } = new WebAssembly.Instance(compile(relaxed ? `${name}.relaxed` : name), { env: { memory } });
  return {
    memory,
    call(method, ...values) {
      const kernel = exports[method];
      if (typeof kernel !== 'function') throw new TypeError(`No kernel named ${method}.`);
      return Number(kernel(...values));
    },
    reserve(bytes) {
      const missing = Math.ceil((bytes - memory.buffer.byteLength) / pageBytes);
      if (missing <= 0) return;
      try {
        memory.grow(missing);
      } catch (cause) {
        throw new LearnerError(
          'OUT_OF_MEMORY',
          `The model needs ${Math.ceil(bytes / 2 ** 20)} MB for this batch size.`,
          {
            fault: 'self',
            action: 'Use smaller batches.',
            meta: { bytes },
            cause,
          },
        );
      }
    },
  };
}
