/**
 * Turns a consortium's model into an engine.
 * @module
 */
import type { ModelSpec } from '../consortium.ts';
import { cnnFamily, pictureSide } from './cnn.ts';
import { type Engine, type Optimiser, sizeOf, type TrainingRule } from './engine.ts';
import { LearnerError } from './errors.ts';
import type { KernelBuild } from './kernels.ts';
import { mlpFamily } from './mlp.ts';
import { createEngine } from './network.ts';

/** What the data look like. */
export interface InputSpec {
  /** Shape of one input: [height, width, channels] or [features]. */
  readonly shape: readonly number[];
  readonly classes: number;
}

/** The models that run on kernels. */
export type KernelModel = Exclude<ModelSpec, { kind: 'layers' }>;

/** A model's optimiser with all its numbers. */
export function optimiserOf(optimiser: ModelSpec['optimiser']): Optimiser {
  const decay = optimiser?.decay ?? 0;
  if (optimiser?.kind === 'adam') {
    return { kind: 'adam', beta1: optimiser.beta1 ?? 0.9, beta2: optimiser.beta2 ?? 0.999, decay };
  }
  return { kind: 'sgd', momentum: optimiser?.momentum ?? 0, decay };
}

function invalid(message: string, action: string): LearnerError {
  return new LearnerError('INVALID_MODEL', message, { fault: 'self', action });
}

function checkMlp(model: Extract<KernelModel, { kind: 'mlp' }>, features: number, classes: number): void {
  const [inputs, outputs] = [model.layers[0], model.layers[model.layers.length - 1]];
  const single = outputs === 1 && classes === 2 && model.output === 'sigmoid';
  if (inputs === features && (outputs === classes || single)) return;
  throw invalid(
    `The model has ${inputs} inputs and ${outputs} outputs; the data have ${features} features and ${classes} classes.`,
    'Make the first and the last entry of model.layers fit inputs.shape and inputs.classes.',
  );
}

/**
 * Creates the engine of a built-in model.
 * @throws {@link LearnerError} `INVALID_MODEL`, `KERNELS_MISSING`.
 */
export function createModelEngine(model: KernelModel, { shape, classes }: InputSpec, build: KernelBuild): Engine {
  const rule: TrainingRule = {
    output: 'softmax',
    loss: 'crossEntropy',
    dropout: 0,
    optimiser: optimiserOf(model.optimiser),
  };
  switch (model.kind) {
    case 'mlp': {
      checkMlp(model, sizeOf(shape), classes);
      const { output = rule.output, loss = rule.loss, dropout = rule.dropout } = model;
      return createEngine(mlpFamily(model.layers, classes, { ...rule, output, loss, dropout }), build);
    }
    case 'cnn': {
      const expected = [pictureSide, pictureSide, model.channels];
      if (shape.length !== 3 || shape.some((edge, axis) => edge !== expected[axis])) {
        throw invalid(
          `The CNN takes pictures of ${expected.join('×')}, not ${shape.join('×')}.`,
          'Make model.channels and inputs.shape fit each other.',
        );
      }
      return createEngine(cnnFamily(model.channels, classes, rule), build);
    }
  }
}
