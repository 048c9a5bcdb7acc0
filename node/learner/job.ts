/**
 * What the main thread and a worker say to each other.
 * @module
 */
import type { TrainOptions } from '../algorithm/ports.ts';
import type { ModelSpec } from '../consortium.ts';
import type { LearnerErrorCode } from './errors.ts';
import type { KernelBuild } from './kernels.ts';
import type { InputSpec } from './model.ts';

/** What a worker is started with. */
export interface WorkerSetup {
  readonly model: Exclude<ModelSpec, { kind: 'layers' }>;
  readonly inputs: InputSpec;
  readonly build: KernelBuild;
  /** What the main thread has compiled. */
  readonly kernels: ReadonlyMap<string, WebAssembly.Module>;
}

/** One piece of work. Inputs are in shared memory; parameters are handed over. */
export type Job =
  | {
      readonly kind: 'train';
      readonly parameters: Float32Array<ArrayBuffer>;
      readonly inputs: Float32Array;
      readonly labels: Uint8Array;
      readonly options: TrainOptions;
    }
  | {
      readonly kind: 'label' | 'predict';
      readonly parameters: Float32Array<ArrayBuffer>;
      readonly inputs: Float32Array;
    };

/** A worker's answer. `memoryBytes` is its kernel memory now. */
export type Answer =
  | { readonly ok: true; readonly result: Float32Array | Uint8Array; readonly memoryBytes: number }
  | { readonly ok: false; readonly error: Failure };

/** A LearnerError as data. */
export interface Failure {
  readonly code: LearnerErrorCode;
  readonly message: string;
  readonly action: string | undefined;
  readonly meta: Readonly<Record<string, string | number | boolean | null | readonly string[] | readonly number[]>>;
}
