/**
 * The acceptance check: what is held out, what counts as worse, and what a party goes on with.
 * @module
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { acceptSum, isClearlyWorse, trainingExamples } from '../../node/algorithm/acceptance.ts';
import type { Member } from '../../node/algorithm/member.ts';
import type { Learner } from '../../node/algorithm/ports.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { smallConsortium, toyExamples } from './world.ts';

const examples = toyExamples(200, 1);
const base = smallConsortium();

/** What the check needs of a member. */
function memberWith(acceptance: 'halve' | 'refuse' | undefined, learner: Learner): Member {
  const aggregation = { ...base.aggregation, ...(acceptance && { acceptance }) };
  return { consortium: { ...base, aggregation }, examples, learner } as Member;
}

describe('the acceptance check', () => {
  let learner: Learner;
  let start: Float32Array;
  let good: Float32Array;
  let bad: Float32Array;
  before(async () => {
    learner = await createLearner(base.model, base.inputs);
    start = learner.initialise(7);
    good = await learner.train(start, examples, { epochs: 5, batchSize: 4, learningRate: 0.1, seed: 1 });
    bad = good.map((value, index) => 2 * start[index] - value);
  });

  it('keeps a tenth out of training, and nothing without the option', () => {
    assert.equal(trainingExamples(memberWith(undefined, learner)), examples);
    const training = trainingExamples(memberWith('refuse', learner));
    assert.equal(training.labels.length, 180);
    assert.equal(training.inputs.length, 180 * 12);
    assert.deepEqual(training.labels.slice(0, 10), Uint8Array.of(...examples.labels.slice(0, 9), examples.labels[10]));
  });

  it('trains on all of fewer than fifty examples', () => {
    const few = toyExamples(49, 2);
    assert.equal(trainingExamples({ ...memberWith('refuse', learner), examples: few }).labels.length, 49);
    const enough = toyExamples(50, 2);
    assert.equal(trainingExamples({ ...memberWith('refuse', learner), examples: enough }).labels.length, 45);
  });

  it('takes every sum without the option', async () => {
    assert.deepEqual(await acceptSum(memberWith(undefined, learner), bad, () => good), { parameters: bad, share: 1 });
  });

  for (const rule of ['halve', 'refuse'] as const) {
    it(`takes a sum that helps (${rule})`, async () => {
      assert.deepEqual(await acceptSum(memberWith(rule, learner), good, () => bad), { parameters: good, share: 1 });
    });

    it(`takes a sum that changes nothing (${rule})`, async () => {
      assert.equal((await acceptSum(memberWith(rule, learner), good, () => good)).share, 1);
    });
  }

  it('refuses a sum that harms', async () => {
    assert.deepEqual(await acceptSum(memberWith('refuse', learner), bad, () => good), { parameters: good, share: 0 });
  });

  it('takes half of a sum that harms only in full', async () => {
    // A little back beyond the start, so that the middle is a shorter step in the right direction.
    const back = good.map((value, index) => start[index] - 0.2 * (value - start[index]));
    const { parameters, share } = await acceptSum(memberWith('halve', learner), back, () => good);
    assert.equal(share, 0.5);
    assert.deepEqual(
      parameters,
      back.map((value, index) => (value + good[index]) / 2),
    );
  });

  it('calls worse only what chance hardly makes', () => {
    const right = (count: number) => Array.from({ length: 20 }, (_, index) => index < count);
    assert.equal(isClearlyWorse(right(16), right(20)), false);
    assert.equal(isClearlyWorse(right(15), right(20)), true);
    assert.equal(isClearlyWorse(right(20), right(15)), false);
  });
});
