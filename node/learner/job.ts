/**
 * What the main thread and a worker say to each other.
 * @module
 */
import type { TrainOptions } from '../algorithm/ports.ts';
import type { ModelSpec } from '../consortium.ts';
import type { ParameterTensor } from './engine.ts';
import type { LearnerErrorCode } from './errors.ts';
import type { KernelBuild } from './kernels.ts';
import type { InputSpec, KernelModel } from './model.ts';

/** What a worker that trains on kernels is started with. */
export interface KernelWorkerSetup {
  readonly model: KernelModel;
  readonly inputs: InputSpec;
  readonly build: KernelBuild;
  /** What the main thread has compiled. */
  readonly kernels: ReadonlyMap<string, WebAssembly.Module>;
}

/** What a worker that trains a developer's model is started with. */
export interface LayersWorkerSetup {
  readonly model: Extract<ModelSpec, { kind: 'layers' }>;
  readonly inputs: InputSpec;
  readonly topology: object;
}

/** What a worker is started with. */
export type WorkerSetup = KernelWorkerSetup | LayersWorkerSetup;

/** What a developer's model turned out to be, and what trains it. */
export interface LayersDescription {
  readonly backend: string;
  readonly tensors: readonly ParameterTensor[];
  /** What the model's own initialisers drew, float32 [D]. */
  readonly drawn: Float32Array;
}

/** One piece of work. Workers get inputs in shared memory or handed over, and parameters handed over. */
export type Job =
  | { readonly kind: 'describe' }
  | {
      readonly kind: 'train';
      readonly parameters: Float32Array;
      readonly inputs: Float32Array;
      readonly labels: Uint8Array;
      readonly options: TrainOptions;
    }
  | {
      readonly kind: 'label';
      readonly parameters: Float32Array;
      readonly inputs: Float32Array;
      readonly rows: Uint32Array | undefined;
    }
  | { readonly kind: 'predict'; readonly parameters: Float32Array; readonly inputs: Float32Array };

/** What comes of each kind of job. */
export interface Results {
  readonly describe: LayersDescription;
  readonly train: Float32Array<ArrayBuffer>;
  readonly label: Uint8Array<ArrayBuffer>;
  readonly predict: Float32Array<ArrayBuffer>;
}

/** A worker's answer. `memoryBytes` is its memory for computing now. */
export type Answer =
  | { readonly ok: true; readonly result: Results[Job['kind']]; readonly memoryBytes: number }
  | { readonly ok: false; readonly error: Failure };

/** A LearnerError as data. */
export interface Failure {
  readonly code: LearnerErrorCode;
  readonly message: string;
  readonly action: string | undefined;
  readonly meta: Readonly<Record<string, string | number | boolean | null | readonly string[] | readonly number[]>>;
  readonly cause: unknown;
}
