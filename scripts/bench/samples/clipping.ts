/**
 * What per-record clipping costs: gradients of a batch without clipping, with it, and with a loop over the records.
 * @module
 */
import { createSeededRandom } from '../../../node/random.ts';
import { createArena } from '../../../node/samples/matrix.ts';
import {
  backward,
  createLayers,
  createNetwork,
  createPass,
  forward,
  sumGradients,
} from '../../../node/samples/network.ts';
import { clippedSum, recordNorms } from '../../../node/samples/perRecord.ts';

/** Records of a batch. */
const ROWS = 600;
/** CPU seconds spent on each way. */
const SECONDS = 2;

/** Records per CPU-second of each way, for a critic of these sizes. */
export function measureClipping(sizes: readonly number[]): { unclipped: number; clipped: number; loop: number } {
  const arena = createArena(4_000_000);
  const random = createSeededRandom(1);
  const network = createNetwork(arena, sizes, random);
  const pass = createPass(arena, sizes, ROWS);
  const sums = createLayers(arena, sizes);
  const totals = createLayers(arena, sizes);
  const inputs = Float32Array.from({ length: ROWS * sizes[0] }, () => random.uniform() - 0.5);
  const last = pass.signals[sizes.length - 2];
  const load = (first: number, rows: number) => {
    for (let row = 0; row < rows; row++) {
      const from = (first + row) * sizes[0];
      pass.inputs[0].data.set(inputs.subarray(from, from + sizes[0]), row * pass.inputs[0].stride);
      last.data[row * last.stride] = 1;
    }
    forward(arena, network, pass, rows);
    backward(arena, network, pass, rows);
  };
  const factors = [{ signals: pass.signals, inputs: pass.inputs }];
  const [unclipped, clipped, loop] = perSecond([
    () => {
      load(0, ROWS);
      sumGradients(arena, pass.signals, pass.inputs, sums, ROWS);
    },
    () => {
      load(0, ROWS);
      clippedSum(arena, factors, recordNorms(arena, factors, ROWS), 0.1, sums);
    },
    () => {
      for (const { data } of totals) data.fill(0);
      for (let record = 0; record < ROWS; record++) {
        load(record, 1);
        sumGradients(arena, pass.signals, pass.inputs, sums, 1);
        const squares = sums.reduce((all, { data }) => data.reduce((sum, value) => sum + value * value, all), 0);
        const scale = Math.min(1, 0.1 / Math.sqrt(squares));
        totals.forEach((total, layer) => {
          const own = sums[layer].data;
          for (let k = 0; k < own.length; k++) total.data[k] += scale * own[k];
        });
      }
    },
  ]);
  return { unclipped, clipped, loop };
}

/** Records per CPU-second of each way. They take turns, so that a machine that is slow for a while is slow for all. */
function perSecond(ways: readonly (() => void)[]): number[] {
  for (const way of ways) way();
  const records = ways.map(() => 0);
  const seconds = ways.map(() => 0);
  while (seconds.some((spent) => spent < SECONDS)) {
    ways.forEach((way, index) => {
      if (seconds[index] >= SECONDS) return;
      const start = process.cpuUsage();
      way();
      const { user, system } = process.cpuUsage(start);
      seconds[index] += (user + system) / 1e6;
      records[index] += ROWS;
    });
  }
  return records.map((count, index) => count / seconds[index]);
}
