/**
 * Public randomness of a round, which nobody knows before everybody has ordered.
 * @module
 */
import { createHash } from 'node:crypto';
import type { PartyId } from '../types.ts';
import { partyBytes } from './context.ts';

/**
 * SHA-256("dppdl/1/beacon" ‖ for each requester, ascending: id ‖ its DOWNLOAD's key); 32 bytes.
 * @param keys - the key in each requester's DOWNLOAD of the round; 32 bytes each.
 */
export function beaconOf(keys: ReadonlyMap<PartyId, Uint8Array>): Uint8Array {
  const hash = createHash('sha256').update('dppdl/1/beacon');
  for (const [requester, key] of [...keys].sort(([a], [b]) => a - b)) hash.update(partyBytes(requester)).update(key);
  return new Uint8Array(hash.digest());
}
