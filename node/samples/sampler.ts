/**
 * The GAN's generator: the released class Gaussian plus a learned correction. It starts as the Gaussian (warm start) and
 * moves from there.
 * @module
 */
import type { SeededRandom } from '../random.ts';
import { createAdam } from './adam.ts';
import type { ClassGaussians } from './classGaussians.ts';
import { classAt } from './gaussian.ts';
import type { Arena, Matrix } from './matrix.ts';
import { backward, createLayers, createNetwork, createPass, forward, sumGradients } from './network.ts';
import { normal } from './normal.ts';
import { copyRows, type Painter } from './painter.ts';

/** Fraction of the Gaussian's standard deviation that is used: samples nearer to their class are easier to label. */
const TEMPERATURE = 0.9;
/** Latent numbers per sample; the first ones drive the Gaussian's main directions. */
const LATENT = 32;
/** Hidden layers of the correction. */
const HIDDEN = [128, 256];
/** The correction starts this much smaller than usual. */
const FIRST_GAIN = 0.02;
/** Weight of the class indicator among the inputs. */
const CLASS_WEIGHT = 2;
/** Weights are averaged over about the last 50 steps (of about 1/(1 − 0.98)) for publishing. */
const AVERAGING = 0.98;

/** The generator. */
export interface Sampler {
  /** Draws a batch into `seen` [rows × D]; `painter.raw` holds the values. Returns the classes; uint8 [rows]. */
  draw(seen: Matrix, rows: number): Uint8Array;
  /** Takes a step that lowers a loss whose derivatives by `seen` of the last batch are given. */
  learn(bySeen: Matrix, rows: number, learningRate: number): void;
  /** Goes over to the averaged weights, for good. */
  settle(): void;
}

/** Creates the generator at its warm start. */
export function createSampler(
  arena: Arena,
  gaussians: ClassGaussians,
  painter: Painter,
  random: SeededRandom,
  maxRows: number,
): Sampler {
  const { dimension } = painter;
  const classes = gaussians.shares.length;
  const sizes = [LATENT + classes, ...HIDDEN, dimension];
  const network = createNetwork(arena, sizes, random);
  const last = network.layers[network.layers.length - 1].data;
  last.forEach((weight, index) => {
    last[index] = weight * FIRST_GAIN;
  });
  const pass = createPass(arena, sizes, maxRows);
  const gradients = createLayers(arena, sizes);
  const coordinates = arena.create(maxRows, dimension);
  const optimise = createAdam(network.layers);
  const averages = network.layers.map(({ data }) => data.slice());
  const directions = gaussians.directions.slice(0, LATENT);

  return {
    draw(seen, rows) {
      const labels = Uint8Array.from({ length: rows }, () => classAt(gaussians.shares, random.uniform()));
      const [latent] = pass.inputs;
      labels.forEach((label, row) => {
        const start = row * latent.stride;
        for (let k = 0; k < LATENT; k++) latent.data[start + k] = normal(random);
        latent.data.fill(0, start + LATENT, start + LATENT + classes);
        latent.data[start + LATENT + label] = CLASS_WEIGHT;
      });
      forward(arena, network, pass, rows);
      copyRows(pass.outputs, coordinates, rows, dimension);
      labels.forEach((label, row) => {
        const own = coordinates.data.subarray(row * coordinates.stride, row * coordinates.stride + dimension);
        for (let d = 0; d < dimension; d++) own[d] += gaussians.means[label * dimension + d];
        directions.forEach((direction, k) => {
          const factor = TEMPERATURE * latent.data[row * latent.stride + k];
          for (let d = 0; d < dimension; d++) own[d] += factor * direction[d];
        });
      });
      painter.paint(coordinates, seen, rows);
      return labels;
    },
    learn(bySeen, rows, learningRate) {
      painter.pullBack(bySeen, coordinates, rows);
      copyRows(coordinates, pass.signals[sizes.length - 2], rows, dimension);
      backward(arena, network, pass, rows);
      sumGradients(arena, pass.signals, pass.inputs, gradients, rows);
      optimise(gradients, learningRate);
      network.layers.forEach(({ data }, layer) => {
        const average = averages[layer];
        for (let k = 0; k < data.length; k++) average[k] += (1 - AVERAGING) * (data[k] - average[k]);
      });
    },
    settle() {
      network.layers.forEach(({ data }, layer) => {
        data.set(averages[layer]);
      });
    },
  };
}
