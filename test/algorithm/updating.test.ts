/**
 * The update of a party's parameters by a sum.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { updateParameters } from '../../node/algorithm/updating.ts';
import { scheduleAt } from '../../node/consortium.ts';
import { sharedValues } from '../../node/gradient/shared.ts';
import { createWorld, onion, smallConsortium } from './world.ts';

/** Party 1 of four that have finished a run by a rule, and what it would make of a gradient and a sum. */
async function update(rule: 'mean' | 'sum') {
  const base = smallConsortium();
  const consortium = { ...base, aggregation: { ...base.aggregation, rule } };
  const world = await createWorld([40, 40, 40, 40], onion, consortium);
  await world.run();
  const { member } = world.parties[1];
  const state = await member.ledger.state();
  const size = member.facts.parameterCount;
  const wave = (scale: number) => Float32Array.from({ length: size }, (_, index) => scale * Math.sin(index));
  const [parameters, gradient, sum] = [wave(1), wave(0.1), wave(0.5)];
  const updated = await updateParameters(member, state, 2, parameters, { gradient, sum });
  const clamp = scheduleAt(consortium.aggregation.clamp, 2, consortium.rounds);
  const { levels } = consortium.aggregation;
  const shared = sharedValues(gradient, { round: 2, provider: 1, cap: state.parties[1].cap, clamp, levels });
  return { updated, expected: { parameters, gradient, sum, shared } };
}

describe('updateParameters', () => {
  it('by mean adds what this party shares and the sum, divided by all credible parties', async () => {
    const { updated, expected } = await update('mean');
    const { parameters, shared, sum } = expected;
    assert.deepEqual(
      updated,
      parameters.map((value, index) => value + (shared[index] + sum[index]) / 4),
    );
    assert.ok(shared.some((value) => value === 0) && shared.some((value) => value !== 0));
  });

  it('by sum adds all of this party’s gradient and the sum', async () => {
    const { updated, expected } = await update('sum');
    const { parameters, gradient, sum } = expected;
    assert.deepEqual(
      updated,
      parameters.map((value, index) => value + gradient[index] + sum[index]),
    );
  });
});
