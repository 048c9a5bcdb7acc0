/**
 * How much one party may ask for: requests at a time, and requests per second as a token bucket per protocol.
 * @module
 */
import type { PartyId } from '../types.ts';
import type { Clock } from './clock.ts';
import type { Protocol } from './protocols.ts';

/** Admits or refuses requests. */
export interface Limits {
  /**
   * Admits one request of a party.
   * @returns the function to call when it is served, or undefined if the party is over its limits.
   */
  enter(party: PartyId, protocol: Protocol): (() => void) | undefined;
}

interface Account {
  running: number;
  tokens: number;
  refilledAt: number;
}

/** Creates the books of all parties; memory is one small record per party and protocol that ever asked. */
export function createLimits(clock: Pick<Clock, 'now'>): Limits {
  const accounts = new Map<string, Account>();
  return {
    enter(party, protocol) {
      const key = `${party}/${protocol.name}`;
      const now = clock.now();
      const account = accounts.get(key) ?? { running: 0, tokens: protocol.burst, refilledAt: now };
      accounts.set(key, account);
      const refill = (Math.max(0, now - account.refilledAt) / 1000) * protocol.ratePerSecond;
      account.tokens = Math.min(protocol.burst, account.tokens + refill);
      account.refilledAt = now;
      if (account.tokens < 1 || account.running >= protocol.concurrent) return undefined;
      account.tokens -= 1;
      account.running += 1;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        account.running -= 1;
      };
    },
  };
}
