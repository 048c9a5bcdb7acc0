/**
 * Threads: same results as without, errors come through, nothing is left behind.
 * @module
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { ModelSpec } from '../../node/consortium.ts';
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
