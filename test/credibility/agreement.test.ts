/**
 * Majority vote and agreement.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { agreement, majorityLabels } from '../../node/credibility/agreement.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('majorityLabels', () => {
  it('takes the label most parties gave', () => {
    assert.deepEqual(majorityLabels([bytes(1, 2, 3), bytes(1, 2, 0), bytes(0, 2, 3)], 4), bytes(1, 2, 3));
  });

  it('settles a tie for the smaller class', () => {
    assert.deepEqual(majorityLabels([bytes(3), bytes(1), bytes(3), bytes(1)], 4), bytes(1));
  });

  it('ignores labels that are no class', () => {
    assert.deepEqual(majorityLabels([bytes(9), bytes(9), bytes(1)], 4), bytes(1));
  });

  it('is empty without votes', () => {
    assert.deepEqual(majorityLabels([], 4), bytes());
  });

  it('does not depend on the order of the parties', () => {
    const votes = fc.array(fc.uint8Array({ minLength: 6, maxLength: 6, max: 4 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(votes, (labels) => {
        assert.deepEqual(majorityLabels(labels, 5), majorityLabels(labels.toReversed(), 5));
      }),
    );
  });
});

describe('agreement', () => {
  it('is the share of equal labels (equation 1)', () => {
    assert.equal(agreement(bytes(1, 2, 3, 4), bytes(1, 2, 0, 0)), 0.5);
    assert.equal(agreement(bytes(1, 2), bytes(1, 2)), 1);
  });

  it('is 0 without samples', () => {
    assert.equal(agreement(bytes(), bytes()), 0);
  });

  it('counts missing labels as wrong', () => {
    assert.equal(agreement(bytes(7), bytes(7, 7, 7, 7)), 0.25);
  });
});
