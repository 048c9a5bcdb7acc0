/**
 * From how many providers a party may order.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allProviders } from '../../../node/credibility/providers/all.ts';
import { gradedProviders } from '../../../node/credibility/providers/graded.ts';

const party = (samples: number) => ({ samples });
/** A party with u samples beside nine others with 10, 20 … 90. */
const standing = (samples: number, round: number) => ({
  requester: party(samples),
  others: Array.from({ length: 9 }, (_, index) => party(10 * (index + 1))),
  round,
  rounds: 100,
  minProviders: 2,
});

describe('gradedProviders', () => {
  it('grants all to the best contributors in every round', () => {
    for (const round of [1, 50, 100]) assert.equal(gradedProviders(standing(100, round)), 9);
  });

  it('grants the others the less the less they contribute and the later it is', () => {
    // The 90 % quantile of 10 … 90 and 40 is 80; (1 − 0.5·√t/T)·9.
    assert.equal(gradedProviders(standing(40, 1)), 9);
    assert.equal(gradedProviders(standing(40, 25)), 7);
    assert.equal(gradedProviders(standing(40, 100)), 5);
    assert.equal(gradedProviders(standing(36, 100)), 4);
  });

  it('never grants fewer than a sum needs when one drops out, nor more than there are', () => {
    assert.equal(gradedProviders(standing(1, 100)), 3);
    assert.equal(gradedProviders({ ...standing(1, 100), others: [party(50)] }), 1);
  });

  it('grants those that contribute least no more than half where there are few', () => {
    const others = [party(30), party(50), party(90)];
    assert.equal(gradedProviders({ ...standing(1, 100), others }), 2);
    assert.equal(gradedProviders({ ...standing(1, 100), others, minProviders: 3 }), 3);
  });

  it('is not moved by one party that states far too much', () => {
    const honest = standing(40, 100);
    const lied = { ...honest, others: honest.others.with(8, party(1e6)) };
    assert.equal(gradedProviders(lied), gradedProviders(honest));
  });

  it('treats equals alike', () => {
    const others = Array.from({ length: 5 }, () => party(60));
    assert.equal(gradedProviders({ ...standing(60, 100), others }), 5);
  });
});

describe('allProviders', () => {
  it('grants all', () => assert.equal(allProviders(standing(1, 100)), 9));
});
