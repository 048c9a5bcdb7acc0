/**
 * Threads: same results as without, errors come through, nothing is left behind.
 * @module
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as letOthersIn } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ModelSpec } from '../../node/consortium.ts';
import { layersTopology } from '../../node/learner/layersFile.ts';
import { topologyHash } from '../../node/learner/layersLearner.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { randomExamples } from './data.ts';

const model: ModelSpec = { kind: 'mlp', layers: [12, 9, 4] };
const options = { epochs: 2, batchSize: 3, learningRate: 0.1, seed: 4 };

for (const relaxed of [false, true]) {
  test(`results do not depend on the number of threads${relaxed ? ', relaxed' : ''}`, async () => {
    const parties = Array.from({ length: 7 }, (_, party) =>
      randomExamples(40 + party, [12], 4, party, { density: 0.5 }),
    );
    const results = await Promise.all(
      [0, 1, 3].map(async (threads) => {
        const learner = await createLearner(model, parties[0], { threads, relaxed });
        const w0 = learner.initialise(1);
        const trained = await Promise.all(parties.map((examples) => learner.train(w0, examples, options)));
        const labels = await Promise.all(trained.map((parameters) => learner.label(parameters, parties[0].inputs)));
        const probabilities = await learner.predict(trained[0], parties[0].inputs);
        assert.ok(learner.memoryBytes() > 0);
        await learner.close();
        return { trained, labels, probabilities };
      }),
    );
    assert.deepEqual(results[1], results[0]);
    assert.deepEqual(results[2], results[0]);
  });
}

test('a model of a developer trains in threads as it does without, and they are not in the way of anything else', async () => {
  const inputs = { shape: [12], classes: 4 };
  const topology = layersTopology({ model, inputs: { ...inputs, mean: 0, stdDev: 1 } });
  const spec: ModelSpec = { kind: 'layers', sha256: topologyHash(topology) };
  const examples = randomExamples(40, [12], 4, 1);
  const results = [];
  for (const threads of [0, 2]) {
    const learner = await createLearner(spec, inputs, { topology, threads });
    const w0 = learner.initialise(1);
    const training = Promise.all([1, 2].map((seed) => learner.train(w0, examples, { ...options, seed })));
    let turns = 0;
    let isOver = false;
    training.finally(() => {
      isOver = true;
    });
    for (; !isOver; turns++) await letOthersIn();
    assert.ok(turns > 40, `${turns} turns for others in 56 steps`);
    const [trained] = await training;
    const rows = Uint32Array.of(7, 2);
    results.push([
      w0,
      ...(await training),
      await learner.label(trained, examples.inputs),
      await learner.label(trained, examples.inputs, rows),
      await learner.predict(trained, examples.inputs),
    ]);
    assert.ok(learner.memoryBytes() > 0);
    await learner.close();
  }
  assert.deepEqual(results[1], results[0]);
  const wrong: ModelSpec = { kind: 'layers', sha256: '0'.repeat(64) };
  await assert.rejects(createLearner(wrong, inputs, { topology, threads: 1 }), { code: 'INVALID_MODEL' });
});

test('named rows are labelled as the same rows alone', async () => {
  const { inputs } = randomExamples(300, [12], 4, 1);
  const rows = Uint32Array.from({ length: 200 }, (_, place) => (place * 7) % 300);
  const picked = Float32Array.from([...rows].flatMap((row) => [...inputs.subarray(row * 12, (row + 1) * 12)]));
  for (const threads of [0, 1]) {
    const learner = await createLearner(model, { shape: [12], classes: 4 }, { threads });
    const w0 = learner.initialise(1);
    const labels = await learner.label(w0, picked);
    assert.ok(new Set(labels).size > 1);
    // Inputs are handed over the first time and shared from the second on.
    for (let time = 0; time < 3; time++) assert.deepEqual(await learner.label(w0, inputs, rows), labels);
    assert.equal((await learner.label(w0, inputs, new Uint32Array())).length, 0);
    await assert.rejects(learner.label(w0, inputs, Uint32Array.of(300)), { code: 'SHAPE_MISMATCH' });
    await learner.close();
  }
});

test('inputs in shared memory are used where they are', async () => {
  const examples = randomExamples(20, [12], 4, 1);
  const inputs = new Float32Array(new SharedArrayBuffer(examples.inputs.byteLength));
  inputs.set(examples.inputs);
  const learner = await createLearner(model, examples, { threads: 1 });
  const w0 = learner.initialise(1);
  const trained = await learner.train(w0, examples, options);
  assert.deepEqual(await learner.train(w0, { ...examples, inputs }, options), trained);
  await learner.close();
});

test('divergence in a thread is the same error, and the thread goes on', async () => {
  const examples = randomExamples(20, [12], 4, 1);
  const learner = await createLearner(model, examples, { threads: 1 });
  const w0 = learner.initialise(1);
  await assert.rejects(
    learner.train(w0, examples, { ...options, learningRate: 1e30 }),
    (error: { code: string; meta: { step: number } }) => error.code === 'NOT_FINITE' && error.meta.step >= 2,
  );
  assert.equal((await learner.train(w0, examples, options)).length, learner.parameterCount);
  const late = learner.train(w0, examples, { ...options, epochs: 100_000 });
  const rejected = assert.rejects(late, { code: 'WORKER_FAILED' });
  await learner.close();
  await rejected;
  await assert.rejects(learner.label(w0, examples.inputs), { code: 'WORKER_FAILED' });
});

test('idle threads do not keep the process alive, busy ones do', async () => {
  const root = join(import.meta.dirname, '..', '..');
  const script = `
    import { createLearner } from '${root}/node/learner/learner.ts';
    const learner = await createLearner({ kind: 'mlp', layers: [2, 2] }, { shape: [2], classes: 2 }, { threads: 2 });
    const labels = await learner.label(learner.initialise(1), new Float32Array(4));
    console.log(labels.length);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 60_000,
  });
  assert.equal(stdout.trim(), '2');
});
