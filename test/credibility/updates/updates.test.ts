/**
 * The credibility update: Algorithm 2, line 4, as the consortium reads it.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { normaliseCredibility } from '../../../node/credibility/credibility.ts';
import { updateLiterally } from '../../../node/credibility/updates/literal.ts';
import { updateNormalised } from '../../../node/credibility/updates/normalised.ts';

const others = [1, 2, 3];
const ratings = { old: [0, 0.5, 0.3, 0.2], fresh: [0, 0.9, 0.9, 0.45], others, silent: [], fade: 0.2 };
const close = (actual: readonly number[], expected: readonly number[]) => {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, id) => {
    assert.ok(Math.abs(value - expected[id]) < 1e-12, `${actual} is not ${expected}`);
  });
};

describe('the credibility update', () => {
  it('mixes normalised values', () => {
    close(updateNormalised(ratings), [0, 0.2 * 0.5 + 0.8 * 0.4, 0.2 * 0.3 + 0.8 * 0.4, 0.2 * 0.2 + 0.8 * 0.2]);
  });

  it('mixes the old, normalised, with the raw as the paper does, so that the old hardly counts', () => {
    const literal = updateLiterally(ratings);
    const mixed = [0, 0.2 * 0.5 + 0.8 * 0.9, 0.2 * 0.3 + 0.8 * 0.9, 0.2 * 0.2 + 0.8 * 0.45];
    close(literal, normaliseCredibility(mixed, others));
    assert.ok(literal[1] - literal[2] < updateNormalised(ratings)[1] - updateNormalised(ratings)[2]);
  });

  for (const [name, update] of Object.entries({ updateNormalised, updateLiterally })) {
    it(`leaves the silent what they had (${name})`, () => {
      const after = update({ ...ratings, fresh: [0, 0.9, 0, 0.45], silent: [2] });
      assert.ok(Math.abs(after[2] - 0.3) < 1e-12);
      assert.ok(Math.abs(after.reduce((sum, value) => sum + value, 0) - 1) < 1e-12);
    });
  }
});
