/**
 * The machine's limits, measured, and what they would allow a perfect program.
 * @module
 */
import { createKernel, type Kernel } from '../../../node/learner/kernels.ts';

/** Limits of one core. */
export interface Limits {
  /** Multiply-adds of single floats per CPU-second, four at a time. */
  readonly multiplyAdds: number;
  /** The same with fused multiply-add and the widest registers V8 uses: eight at a time on x64, else four. */
  readonly fused: number;
  /** Bytes updated (each read and written once) per CPU-second: in the second-level cache, and in memory. */
  readonly cache: number;
  readonly memory: number;
}

const cacheBytes = 600_000; // about the parameters of the MLP
const memoryBytes = 256 * 2 ** 20;

function perSecond(amount: number, work: () => void): number {
  work();
  const speeds = Array.from({ length: 5 }, () => {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    return amount / ((user + system) / 1e6);
  });
  return speeds.sort((a, b) => a - b)[2];
}

/** Measures the limits; about two seconds. */
export function measureLimits(): Limits {
  const [plain, relaxed] = [createKernel('learner-limits', 'portable'), createKernel('learner-limits', 'relaxed')];
  plain.reserve(memoryBytes + 4096);
  const rounds = 20_000;
  /** Many short calls: a call that has begun never moves to the optimised code. */
  const calls = 2000;
  const run = (kernel: Kernel, method: string) => () => {
    for (let call = 0; call < calls; call++) kernel.call(method, rounds, 0.999, 0.001, 4096);
  };
  const bytes = Math.ceil(cacheBytes / 64) * 64;
  return {
    multiplyAdds: perSecond(calls * rounds * 48, run(plain, 'arithmetic')),
    fused: perSecond(calls * rounds * 80, run(relaxed, 'arithmeticWide')),
    cache: perSecond(bytes * 2000, () => {
      for (let pass = 0; pass < 2000; pass++) plain.call('update', 4096, bytes);
    }),
    memory: perSecond(memoryBytes, () => plain.call('update', 4096, memoryBytes)),
  };
}

/** Multiply-adds of one example's training step, everything computed: forward, gradients, update. */
const work = {
  // Fully connected layers: forward and weights' gradient, and the inputs' gradient except for the first.
  mlp: 2 * (1024 * 128 + 128 * 64 + 64 * 10) + 128 * 64 + 64 * 10,
  // Only the places that pooling keeps: 24×24 and 4×4 forward, 64 cells and 4 cells backward.
  cnn: 24 * 24 * 25 * 32 + 16 * 800 * 64 + 64 * 32 * 25 + 2 * 4 * 64 * 800 + 3 * (256 * 200 + 200 * 10),
} as const;
const parameters = { mlp: 140_106, cnn: 105_506 } as const;

/** Steps per second that each limit allows. */
export interface StepLimits {
  /** By arithmetic, with simd128 and with relaxed-simd. The work is that of dense inputs. */
  readonly simd128: number;
  readonly relaxed: number;
  /** By reading and writing every parameter in every step: in the second-level cache, and in memory. */
  readonly cache: number;
  readonly memory: number;
}

/** What the machine allows a model in batches of so many. */
export function limitOf(limits: Limits, model: 'mlp' | 'cnn', batch: number): StepLimits {
  const bytes = parameters[model] * 4;
  const multiplyAdds = work[model] * batch;
  return {
    simd128: limits.multiplyAdds / multiplyAdds,
    relaxed: limits.fused / multiplyAdds,
    cache: limits.cache / bytes,
    memory: limits.memory / bytes,
  };
}
