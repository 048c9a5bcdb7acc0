/**
 * How the program ends: refusals of the ledger that are about joining are trouble with the membership, not the chain.
 * @module
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeFailure, exitCodeOf, exitCodes } from '../node/failure.ts';
import { RevertError } from '../sdk/errors.ts';

it('a refusal to join ends with the code of membership and says what to do', () => {
  for (const revert of [
    'PartiesNotInvited',
    'PartiesAlreadyRegistered',
    'PartiesFull',
    'InvitationExpired',
    'InvitationInvalidSigner',
  ]) {
    const error = new RevertError(revert, []);
    assert.equal(exitCodeOf(error), exitCodes.membership, revert);
    assert.match(describeFailure(error, { json: false, debug: false }), /\n→ /, revert);
  }
  assert.equal(exitCodeOf(new RevertError('PhaseMismatch', [])), exitCodes.chain);
});
