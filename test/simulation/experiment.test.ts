/**
 * Experiments: outcomes of all frameworks in one form, and DPPDL's control held against the standalone framework.
 * @module
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Learner, SampleGenerator } from '../../node/algorithm/ports.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { type ExperimentOptions, frameworks, runExperiment } from '../../node/simulation/experiment.ts';
import { examplePool } from '../../node/simulation/pool.ts';
import { smallConsortium, toyExamples } from '../algorithm/world.ts';

const base = smallConsortium();
const consortium = {
  ...base,
  training: { ...base.training, restart: true },
  credibility: { ...base.credibility, graceRounds: 3 },
};

/** Publishes fresh toy points, so that nothing hangs on privacy noise. */
const generator: SampleGenerator = {
  async generate(_, count) {
    const { inputs, shape } = toyExamples(count, 999);
    return { samples: { inputs, shape }, privacy: { generator: 'gaussian', epsilon: 4, delta: 1e-5, unit: 'record' } };
  },
};

describe('an experiment', () => {
  let learner: Learner;
  const options = (changes: Partial<ExperimentOptions>): ExperimentOptions => ({
    framework: 'dppdl',
    setting: 'same',
    parties: 4,
    seed: 3,
    consortium,
    train: examplePool(toyExamples(240, 1)),
    test: toyExamples(100, 500),
    learner,
    generator,
    ...changes,
  });
  before(async () => {
    learner = await createLearner(consortium.model, consortium.inputs);
  });

  for (const framework of frameworks) {
    it(`${framework}: gives every party an accuracy, and follows from its seed`, async () => {
      const outcome = await runExperiment(options({ framework }));
      const accuracies = outcome.parties.map(({ accuracy }) => accuracy ?? -1);
      assert.equal(accuracies.length, 4);
      for (const accuracy of accuracies) assert.ok(accuracy > 0.3 && accuracy <= 1);
      const last = outcome.curve.at(-1);
      assert.equal(last?.round, 3);
      assert.equal(last?.best, Math.max(...accuracies));
      assert.equal(outcome.partition.plan.kind, 'equal');
      const { summary: _, ...again } = await runExperiment(options({ framework }));
      const { summary: __, ...first } = outcome;
      assert.deepEqual(again, first);
    });
  }

  it('has the standalone framework as its control, to the last digit', async () => {
    const [together, alone] = [
      await runExperiment(options({})),
      await runExperiment(options({ framework: 'standalone' })),
    ];
    assert.deepEqual(
      together.parties.map((party) => party.alone),
      alone.parties.map(({ accuracy }) => accuracy),
    );
  });

  it('measures where asked, and always at the end', async () => {
    const { curve } = await runExperiment(options({ isMeasured: (round) => round === 2 }));
    assert.deepEqual(
      curve.map(({ round }) => round),
      [2, 3],
    );
  });

  it('says who misbehaved and when it was voted out, and leaves it out of best and mean', async () => {
    const behaviours = new Map([[4, { kind: 'randomAnswers' } as const]]);
    const train = examplePool(toyExamples(1500, 1));
    const outcome = await runExperiment(options({ parties: 5, setting: 'different', behaviours, train }));
    const [liar] = outcome.parties.slice(-1);
    assert.equal(liar.behaviour, 'randomAnswers');
    assert.equal(liar.removed, 0);
    const accuracies = outcome.parties.slice(0, 4).map(({ accuracy }) => accuracy ?? 0);
    assert.equal(outcome.curve.at(-1)?.best, Math.max(...accuracies));
    assert.ok(Math.abs((outcome.curve.at(-1)?.mean ?? 0) - accuracies.reduce((a, b) => a + b) / 4) < 1e-9);
  });

  it('spoils the data of other frameworks too', async () => {
    const spoiled = await runExperiment(
      options({ framework: 'standalone', behaviours: new Map([[0, { kind: 'flippedLabels' }]]) }),
    );
    const clean = await runExperiment(options({ framework: 'standalone' }));
    assert.ok((spoiled.parties[0].accuracy ?? 1) < (clean.parties[0].accuracy ?? 0));
    assert.equal(spoiled.parties[1].accuracy, clean.parties[1].accuracy);
    assert.ok((spoiled.curve.at(-1)?.mean ?? 0) > (spoiled.parties[0].accuracy ?? 0));
    const few = await runExperiment(
      options({ framework: 'standalone', behaviours: new Map([[0, { kind: 'fewExamples', count: 7 }]]) }),
    );
    assert.equal(few.parties[0].examples, 7);
  });

  it('counts the bytes of a round', async () => {
    const secure = await runExperiment(options({ secure: true }));
    const plain = await runExperiment(options({}));
    assert.ok(secure.bytesPerRound !== null && secure.bytesPerRound > 0);
    assert.equal(plain.bytesPerRound, null);
    assert.deepEqual(
      secure.parties.map(({ accuracy }) => accuracy),
      plain.parties.map(({ accuracy }) => accuracy),
    );
  });
});
