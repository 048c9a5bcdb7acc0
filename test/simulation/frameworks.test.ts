/**
 * The frameworks DPPDL is compared with: same start, same training, and what makes each of them what it is.
 * @module
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Learner } from '../../node/algorithm/ports.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { trainCentrally } from '../../node/simulation/centralized.ts';
import { trainByTurns, UPLOAD_SHARE } from '../../node/simulation/distributed.ts';
import { trainAlone } from '../../node/simulation/standalone.ts';
import { accuraciesOf, type FrameworkOptions, trainingOf } from '../../node/simulation/training.ts';
import { smallConsortium, toyExamples } from '../algorithm/world.ts';

const base = smallConsortium();
const consortium = { ...base, training: { ...base.training, restart: true } };
const shards = [toyExamples(40, 1), toyExamples(50, 2), toyExamples(60, 3)];

describe('the frameworks', () => {
  let learner: Learner;
  let options: FrameworkOptions;
  /** Every call of `train`: what it started from and what came out. */
  let calls: { readonly from: Float32Array; readonly to: Float32Array; readonly count: number }[];
  before(async () => {
    const inner = await createLearner(consortium.model, consortium.inputs);
    learner = {
      ...inner,
      async train(parameters, examples, training) {
        const to = await inner.train(parameters, examples, training);
        calls.push({ from: parameters.slice(), to, count: examples.labels.length });
        return to;
      },
    };
    options = { consortium, shards, test: toyExamples(100, 9), seed: 3, learner };
  });

  it('measure the share of test examples that is labelled right', async () => {
    const w0 = learner.initialise(consortium.seed);
    const labels = await learner.label(w0, options.test.inputs);
    const right = labels.filter((label, row) => label === options.test.labels[row]).length;
    assert.deepEqual(await accuraciesOf(options, [w0]), [right / 100]);
  });

  it('measure the last round and those asked for', async () => {
    calls = [];
    const rounds = (await trainAlone({ ...options, isMeasured: (round) => round === 1 })).map(({ round }) => round);
    assert.deepEqual(rounds, [1, 3]);
  });

  it('standalone: nobody sees what another party trains', async () => {
    calls = [];
    const together = await trainAlone(options);
    const single = await trainAlone({ ...options, shards: [shards[0]] });
    assert.deepEqual(
      together.map(({ accuracies }) => accuracies[0]),
      single.map(({ accuracies }) => accuracies[0]),
    );
  });

  it('centralized: one model sees all examples in every round', async () => {
    calls = [];
    const measurements = await trainCentrally(options);
    assert.deepEqual(
      calls.map(({ count }) => count),
      [150, 150, 150],
    );
    assert.deepEqual(calls[0].from, learner.initialise(consortium.seed));
    assert.ok(measurements.every(({ accuracies }) => accuracies.length === 1));
  });

  it('distributed: parties take turns on parameters of which each changes a tenth', async () => {
    calls = [];
    const measurements = await trainByTurns(options);
    assert.deepEqual(
      calls.map(({ count }) => count),
      [40, 50, 60, 40, 50, 60, 40, 50, 60],
    );
    const most = Math.floor(UPLOAD_SHARE * learner.parameterCount);
    for (const [turn, { from, to }] of calls.slice(0, -1).entries()) {
      const next = calls[turn + 1].from;
      const changed = [...next.keys()].filter((index) => next[index] !== from[index]);
      assert.ok(changed.length > 0 && changed.length <= most);
      const least = Math.min(...changed.map((index) => Math.abs(to[index] - from[index])));
      for (const index of to.keys()) {
        if (!changed.includes(index)) assert.ok(Math.abs(to[index] - from[index]) <= least);
      }
    }
    assert.ok(measurements.every(({ accuracies }) => accuracies.length === 3));
  });

  it('go on from standalone models where the consortium does', async () => {
    calls = [];
    await trainAlone({ ...options, consortium: base });
    assert.equal(calls.length, 3 + 9);
    assert.deepEqual(calls[3].from, calls[0].to);
  });

  it('visit examples in an order that depends on seed, party and round', () => {
    const seeds = [trainingOf(options, 0, 1), trainingOf(options, 1, 1), trainingOf(options, 0, 2)].map(
      ({ seed }) => seed,
    );
    seeds.push(trainingOf({ ...options, seed: 4 }, 0, 1).seed);
    assert.equal(new Set(seeds).size, 4);
  });
});
