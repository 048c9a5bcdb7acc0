/**
 * What every key, keystream and blob is bound to, as bytes.
 * @module
 */
import type { ExchangeContext, PartyId } from '../types.ts';

/**
 * A context as 56 bytes: chain id (32, big-endian), contract (20), round (4, big-endian).
 * @throws RangeError for a context that no ledger has; silence here would bind to the wrong thing.
 */
export function contextBytes({ chainId, contract, round }: ExchangeContext): Buffer {
  if (chainId < 0n || chainId >= 1n << 256n) throw new RangeError('A chain id has at most 256 bits.');
  if (!/^0x[0-9a-fA-F]{40}$/.test(contract))
    throw new RangeError('A contract address is 0x and 40 hexadecimal digits.');
  if (!Number.isInteger(round)) throw new RangeError('A round is an integer.');
  const bytes = Buffer.alloc(56);
  bytes.write(chainId.toString(16).padStart(64, '0'), 0, 'hex');
  bytes.write(contract.slice(2), 32, 'hex');
  bytes.writeUInt32BE(round, 52);
  return bytes;
}

/**
 * Parties as one byte each.
 * @throws RangeError for an id outside 0 … 255, which would become another party's byte.
 */
export function partyBytes(...ids: readonly PartyId[]): Buffer {
  const bytes = Buffer.alloc(ids.length);
  for (const [at, id] of ids.entries()) bytes.writeUInt8(id, at);
  return bytes;
}
