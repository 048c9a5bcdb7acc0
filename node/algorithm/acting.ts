/**
 * Acts on the ledger that may come too late or on what has just changed: the ledger refuses them, and the party goes on.
 * @module
 */
import { DppdlError } from '../errors.ts';
import type { Member } from './member.ts';

/** Refusals that say the phase is over. */
const tooLate = ['PhaseMismatch', 'RoundMismatch'];
/** Refusals that say somebody left or changed between reading the ledger and acting on it; worth another look. */
const changed = ['ExchangeInvalidProvider', 'ExchangeCountOutOfRange', 'CredibleSetInvalidReport'];
/** Looks before this party gives its act up. */
const TRIES = 3;

/**
 * Acts, and looks again if the ledger changed meanwhile.
 * @param act - reads the ledger and acts on it.
 * @returns what `act` does, or undefined (with a warning) when the phase was over or kept changing.
 * @throws any other refusal.
 */
export async function actInTime<T>(member: Member, round: number, act: () => Promise<T>): Promise<T | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      const name = error instanceof DppdlError && error.code === 'REVERTED' ? String(error.meta['name']) : '';
      if (changed.includes(name) && attempt < TRIES) continue;
      if (!changed.includes(name) && !tooLate.includes(name)) throw error;
      member.observe({ type: 'warning', round, code: 'TOO_LATE', party: null, message: `The ledger refused: ${name}` });
      return undefined;
    }
  }
}
