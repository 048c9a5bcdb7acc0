/**
 * Checks the relaxed kernels on this host: V8's joining of 128-bit operations is experimental, so it is trusted only
 * where it gives the bits that its ordinary code gives.
 * @module
 */
import { createSeededRandom } from '../random.ts';
import { sizeOf } from './engine.ts';
import { LearnerError } from './errors.ts';
import { uniformParameters } from './initialise.ts';
import type { KernelBuild } from './kernels.ts';
import { createModelEngine, type InputSpec, type KernelModel } from './model.ts';

/** Rows of the trial: single steps, batches, and a batch that is not full. */
const rows = 9;

/** The parameters after a few steps, row by row and in batches, on seeded noise with a background. */
function trial(model: KernelModel, { shape, classes }: InputSpec, build: KernelBuild): Float32Array {
  const engine = createModelEngine(model, { shape, classes }, build);
  const random = createSeededRandom(1);
  const inputs = Float32Array.from({ length: rows * sizeOf(shape) }, () =>
    random.uniform() < 0.6 ? 0.5 : 2 * random.uniform() - 1,
  );
  const labels = Uint8Array.from({ length: rows }, () => random.below(classes));
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  let parameters = uniformParameters(engine.tensors, 1);
  for (const [batch, common] of [
    [1, 0.5],
    [5, 0.5],
    [5, undefined],
  ] as const) {
    engine.load(parameters, { rows, batch, common, learningRate: 1e-3, seed: 1 });
    engine.train(inputs, labels, order);
    parameters = engine.read();
  }
  return parameters;
}

/** @throws LearnerError `KERNELS_WRONG`. */
export function checkWide(model: KernelModel, inputs: InputSpec): void {
  const [joined, apart] = [trial(model, inputs, 'relaxed'), trial(model, inputs, 'relaxedApart')];
  if (Buffer.compare(Buffer.from(joined.buffer), Buffer.from(apart.buffer)) === 0) return;
  throw new LearnerError('KERNELS_WRONG', 'The relaxed kernels do not compute here what they should.', {
    fault: 'self',
    action: 'Set learner.relaxed to false.',
  });
}
