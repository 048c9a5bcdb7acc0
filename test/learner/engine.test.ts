/**
 * Engines, below the port: what is skipped changes nothing, and plain kernels give the same bits everywhere.
 * @module
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Engine } from '../../node/learner/engine.ts';
import { countParameters } from '../../node/learner/engine.ts';
import { uniformParameters } from '../../node/learner/initialise.ts';
import { adoptKernels, compiledKernels, type KernelBuild } from '../../node/learner/kernels.ts';
import { createModelEngine, type KernelModel } from '../../node/learner/model.ts';
import { checkWide } from '../../node/learner/wide.ts';
import { commonValue } from '../../node/learner/work.ts';
import { assertClose, randomExamples } from './data.ts';

const background = Math.fround(-0.36);
const picture = [32, 32, 1];

/** Whether a place of a picture shows something. */
type Shows = (x: number, y: number, picture: number) => boolean;
const inTheMiddle: Shows = (x, y) => x > 9 && x < 22 && y > 9 && y < 22;
/** One pixel, somewhere else in each picture. */
const oneDot: Shows = (x, y, number) => x === (number * 11) % 32 && y === (number * 19 + 3) % 32;

/** Pictures with content in some places only. */
function framedPictures(count: number, shows: Shows = inTheMiddle) {
  const examples = randomExamples(count, picture, 10, 3);
  return {
    ...examples,
    inputs: examples.inputs.map((value, at) =>
      shows(at % 32, Math.floor(at / 32) % 32, Math.floor(at / 1024)) ? value : background,
    ),
  };
}

function train(
  engine: Engine,
  count: number,
  batch: number,
  common: number | undefined,
  shows: Shows = inTheMiddle,
): Float32Array {
  const { inputs, labels } = framedPictures(count, shows);
  engine.load(uniformParameters(engine.tensors, 1), { rows: count, batch, common, learningRate: 0.05, seed: 1 });
  assert.equal(
    engine.train(
      inputs,
      labels,
      Uint32Array.from({ length: count }, (_, index) => index),
    ),
    -1,
  );
  return engine.read();
}

const cnn: KernelModel = { kind: 'cnn', channels: 1 };
const mlp: KernelModel = { kind: 'mlp', layers: [1024, 30, 10] };
const inputs = { shape: picture, classes: 10 };

test('cells that see only background are copied without changing a bit', () => {
  for (const batch of [1, 5]) {
    for (const build of ['portable', 'relaxed'] as const) {
      const engine = createModelEngine(cnn, inputs, build);
      for (const shows of [inTheMiddle, oneDot]) {
        const copied = train(engine, 32, batch, background, shows);
        assert.deepEqual(copied, train(engine, 32, batch, undefined, shows));
      }
    }
  }
});

test('leaving out the common part of the inputs changes an MLP by rounding only', () => {
  for (const batch of [1, 5]) {
    const engine = createModelEngine(mlp, inputs, 'portable');
    const [short, long] = [train(engine, 50, batch, background), train(engine, 50, batch, undefined)];
    assertClose(short, long, 2e-6);
    assert.notDeepEqual(short, long);
  }
});

test('the common value is that of more than half of the inputs', () => {
  const { inputs: framed } = framedPictures(40);
  assert.equal(commonValue(framed, 1024), background);
  assert.equal(commonValue(Float32Array.of(1, 2, 1, 2), 2), undefined);
  assert.equal(commonValue(Float32Array.of(1, 2, 2, 2), 2), 2);
  assert.equal(commonValue(new Float32Array(9).fill(Number.NaN), 3), undefined);
  assert.equal(commonValue(new Float32Array(0), 3), undefined);
});

test('simd128 gives these bits on every host', () => {
  const digest = (values: Float32Array) => createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex');
  assert.deepEqual(
    [mlp, cnn].flatMap((model) => {
      const engine = createModelEngine(model, inputs, 'portable');
      return [1, 7].map((batch) => digest(train(engine, 30, batch, background)));
    }),
    [
      'f8a6f858074a193bc0fff4c68e0f138c93fbae329bf5719c44150f0921841442',
      '7191e2dd5efca360fed75523f4f7822290ad4224c9138e0b14a679398ed74f7e',
      '628b77150e797989675c8ae357a5ad2d3a0bb138975af07d43d8dedf607481f5',
      '388d7d55e7b01f03a7744181385768ca822dc6fcf5bd9ab757720303d7a2b308',
    ],
  );
});

test('joining registers changes no bit, and is checked', () => {
  for (const model of [mlp, cnn]) {
    const [joined, apart] = (['relaxed', 'relaxedApart'] as const).map((build) =>
      [1, 7].map((batch) => train(createModelEngine(model, inputs, build), 30, batch, background)),
    );
    assert.deepEqual(joined, apart);
    checkWide(model, inputs);
  }
  // A host that computes something else is refused: here, one whose joined kernels are not fused. Without fused
  // arithmetic there is no such difference.
  const bits = (build: KernelBuild) => train(createModelEngine(mlp, inputs, build), 30, 7, background);
  if (isDeepStrictEqual(bits('relaxed'), bits('portable'))) return;
  const portable = compiledKernels().get('learner-mlp portable');
  const relaxed = compiledKernels().get('learner-mlp relaxed');
  assert.ok(portable !== undefined && relaxed !== undefined);
  adoptKernels(new Map([['learner-mlp relaxed', portable]]));
  assert.throws(() => checkWide(mlp, inputs), { code: 'KERNELS_WRONG' });
  adoptKernels(new Map([['learner-mlp relaxed', relaxed]]));
});

test('memory is for the batch, and too large a batch is refused', () => {
  const engine = createModelEngine(mlp, inputs, 'portable');
  const parameters = new Float32Array(countParameters(engine.tensors));
  const load = (batch: number) =>
    engine.load(parameters, { rows: batch, batch, common: 0, learningRate: 0.1, seed: 1 });
  load(1);
  assert.ok(engine.memoryBytes < 2 ** 20);
  load(1000);
  assert.ok(engine.memoryBytes < 16 * 2 ** 20);
  assert.throws(() => load(1_000_000), { code: 'OUT_OF_MEMORY' });
});
