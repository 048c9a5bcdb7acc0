/**
 * A developer's model through a whole collaboration: parties train it, exchange its gradients, rate each other and
 * measure, on TensorFlow.js, as they do with the same model on our kernels.
 * @module
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ModelLearner } from '../../node/learner/checkedLearner.ts';
import { layersTopology } from '../../node/learner/layersFile.ts';
import { topologyHash } from '../../node/learner/layersLearner.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { simulate } from '../../node/simulation/simulate.ts';
import { smallConsortium, toyExamples, toyGenerator } from '../algorithm/world.ts';
import { assertClose } from '../learner/data.ts';

const builtIn = smallConsortium();
const topology = layersTopology(builtIn);
const consortium = smallConsortium({ model: { kind: 'layers', sha256: topologyHash(topology) } });

describe('a consortium with a model of its own', () => {
  let learner: ModelLearner;
  before(async () => {
    learner = await createLearner(consortium.model, consortium.inputs, { topology });
  });
  after(() => learner.close());

  const options = () => ({
    consortium,
    parties: Array.from({ length: 4 }, (_, id) => ({ examples: toyExamples(24, id + 1), sharingLevel: 0.3 })),
    test: toyExamples(200, 500),
    seed: 3,
    generator: toyGenerator,
    learner,
  });

  it('plays all its rounds, and every party is better than before them', async () => {
    const { summary, parameters, events } = await simulate(options());
    assert.deepEqual(summary.troubles, []);
    assert.ok(summary.books.balanced);
    for (const { rounds, credible, accuracy, accuracyStandalone } of summary.parties) {
      assert.ok(credible);
      assert.equal(rounds.length, 3);
      assert.ok(accuracy !== null && accuracyStandalone !== null && accuracy > accuracyStandalone);
    }
    assert.ok(events.some(({ name }) => name === 'Uploaded'));
    assert.equal(new Set(parameters.map((vector) => vector?.length)).size, 1);
  });

  it('gives the same models to the bit with the onion as without it, and when it is done again', async () => {
    const { parameters } = await simulate(options());
    assert.deepEqual((await simulate({ ...options(), secure: true })).parameters, parameters);
  });

  it('comes to what the same model on our kernels comes to from the same start', async () => {
    const own = await createLearner(builtIn.model, builtIn.inputs);
    const sameStart = { ...learner, initialise: own.initialise };
    const [ours, theirs] = [
      await simulate({ ...options(), learner: own }),
      await simulate({ ...options(), learner: sameStart }),
    ];
    const books = ({ summary }: typeof ours) => summary.parties.map(({ points, credible }) => ({ points, credible }));
    assert.deepEqual(books(theirs), books(ours));
    theirs.parameters.forEach((vector, id) => {
      assertClose(vector ?? [], ours.parameters[id] ?? [], 1e-5);
    });
  });
});
