/**
 * Loads the WebAssembly kernels that `npm run build` compiles from `assembly/`.
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { LearnerError } from './errors.ts';

const folder = join(import.meta.dirname, '..', '..', 'build', 'kernels');
const pageBytes = 65_536;
const compiled = new Map<string, WebAssembly.Module>();

/**
 * Switches of V8 while relaxed kernels are compiled: join neighbouring 128-bit operations into 256-bit ones, and optimise
 * the whole module at once, while the switches hold. The first is experimental, so {@link ./wide} checks what it gives.
 */
const wideSwitches = [
  ['--experimental-wasm-revectorize', '--no-experimental-wasm-revectorize'],
  ['--no-liftoff', '--liftoff'],
  ['--no-wasm-dynamic-tiering', '--wasm-dynamic-tiering'],
  ['--no-wasm-lazy-compilation', '--wasm-lazy-compilation'],
] as const;
/** Only V8 for x64 knows how to join. */
const canJoin = process.arch === 'x64';
/** An empty custom section: without it V8 would take these bytes for those it has compiled already. */
const emptySection = Uint8Array.of(0, 1, 0);

/** How a kernel file is compiled: for every host, for this processor, or that without joining 128-bit operations. */
export type KernelBuild = 'portable' | 'relaxed' | 'relaxedApart';

function compileJoined(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  for (const [on] of wideSwitches) setFlagsFromString(on);
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const [, off] of wideSwitches) setFlagsFromString(off);
  }
}

function compileBuild(bytes: Uint8Array<ArrayBuffer>, build: KernelBuild): WebAssembly.Module {
  if (build === 'relaxed' && canJoin) return compileJoined(bytes);
  return new WebAssembly.Module(build === 'relaxedApart' ? Buffer.concat([bytes, emptySection]) : bytes);
}

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

/** What is compiled so far, for a thread to {@link adoptKernels}. */
export function compiledKernels(): ReadonlyMap<string, WebAssembly.Module> {
  return compiled;
}

/** Takes over what another thread has compiled, so that V8's switches are set in one thread only. */
export function adoptKernels(kernels: ReadonlyMap<string, WebAssembly.Module>): void {
  for (const [name, module] of kernels) compiled.set(name, module);
}

function compile(name: string, build: KernelBuild): WebAssembly.Module {
  const key = `${name} ${build}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const path = join(folder, `${name}${build === 'portable' ? '' : '.relaxed'}.wasm`);
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
  const module = compileBuild(bytes, build);
  compiled.set(key, module);
  return module;
}

/**
 * Instantiates `build/kernels/<name>.wasm`.
 * @param build - `relaxed`: the variant with fused multiply-add and wide registers, whose last bits depend on the
 * processor.
 * @throws {@link LearnerError} `KERNELS_MISSING`.
 */
export function createKernel(name: string, build: KernelBuild): Kernel {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  const { exports } = new WebAssembly.Instance(compile(name, build), { env: { memory } });
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
