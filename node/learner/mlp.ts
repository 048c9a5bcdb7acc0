/**
 * Fully connected networks. Order of the flat parameter vector: for each layer, weights [in][out], then biases [out].
 * @module
 */
import type { TrainingRule } from './engine.ts';
import { strideOf } from './layout.ts';
import type { Family } from './network.ts';
import { placeStack, planBytes, stackBytes, stackTensors, takeParameters, writePlan } from './stack.ts';

/**
 * Describes an MLP.
 * @param sizes - units per layer: inputs, hidden layers, outputs.
 */
export function mlpFamily(sizes: readonly number[], classes: number, rule: TrainingRule): Family {
  return {
    kernel: 'learner-mlp',
    tensors: stackTensors(sizes),
    features: sizes[0],
    inputStride: strideOf(sizes[0]),
    classes,
    outputs: sizes[sizes.length - 1],
    place(allocator, workload) {
      const plan = allocator.take(planBytes);
      const memory = takeParameters(allocator, stackBytes(sizes), rule);
      const stack = placeStack(allocator, sizes, rule, workload, {
        start: memory.values.parameters,
        targetOffset: memory.targetOffset,
        passesDown: false,
      });
      return {
        plan,
        runs: stack.runs,
        write(buffer) {
          stack.write(buffer);
          writePlan(buffer, plan, rule, workload, memory, { table: stack.table, depth: sizes.length - 1 });
        },
      };
    },
  };
}
