/**
 * How a claim ends: as the contract's model ends it, for every state of votes and time.
 * @module
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { outcomeOf } from '../../../node/algorithm/claims/docket.ts';
import type { Claim } from '../../../node/types.ts';

const claim: Claim = {
  id: 65_536n,
  round: 1,
  requester: 0,
  provider: 1,
  complaint: 'notDelivered',
  status: 'answered',
  commitment: new Uint8Array(32),
  deadline: 100,
  key: new Uint8Array(32),
  votesFor: [],
  votesAgainst: [],
};

it('an unanswered claim is upheld after its window, and open in its last second', () => {
  assert.equal(outcomeOf({ ...claim, status: 'filed' }, [2, 3, 4], 100), undefined);
  assert.equal(outcomeOf({ ...claim, status: 'filed' }, [2, 3, 4], 101), 'upheld');
});

it('an answered claim ends with more than half of the jury of now, or undecided with its window', () => {
  const jurors = fc.uniqueArray(fc.integer({ min: 2, max: 9 }));
  const votes = fc.array(fc.constantFrom('for', 'against', 'none'), { minLength: 10, maxLength: 10 });
  const seen = new Set<string>();
  fc.assert(
    fc.property(jurors, votes, fc.boolean(), (jury, cast, isOver) => {
      const by = (vote: string) => cast.flatMap((each, id) => (each === vote && id > 1 ? [id] : []));
      const outcome = outcomeOf(
        { ...claim, votesFor: by('for'), votesAgainst: by('against') },
        jury,
        isOver ? 101 : 100,
      );
      const share = (vote: string) => jury.filter((id) => cast[id] === vote).length / jury.length;
      const expected =
        share('for') > 0.5 ? 'upheld' : share('against') > 0.5 ? 'rejected' : isOver ? 'undecided' : undefined;
      assert.equal(outcome, expected);
      seen.add(String(outcome));
    }),
    { seed: 3, numRuns: 500 },
  );
  assert.equal(seen.size, 4);
});

it('a claim that has ended does not end again', () => {
  for (const status of ['upheld', 'rejected', 'undecided'] as const) {
    assert.equal(outcomeOf({ ...claim, status }, [2, 3, 4], 999), undefined);
  }
});
