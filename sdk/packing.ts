/**
 * The packed lines of DOWNLOAD and UPLOAD, as IDppdl's `Downloaded` and `Uploaded` describe them.
 * @module
 */
import { concat, getBytes, toBeHex, toBigInt, toNumber } from 'ethers';
import { fromBitmap, toBitmap } from './bitmap.ts';
import { LedgerError } from './errors.ts';

/** One line of a DOWNLOAD. */
export interface OrderLine {
  readonly provider: number;
  /** Gradient entries asked for, 1 … 2^32 − 1. */
  readonly count: number;
}

/** One line of an UPLOAD. */
export interface DeliveryLine {
  readonly requester: number;
  /** SHA-256 of the blob; 32 bytes. */
  readonly commitment: Uint8Array;
}

/** Bytes of the set of parties the lines are for. */
const HEAD_BYTES = 32;
const COUNT_BYTES = 4;
const COMMITMENT_BYTES = 32;

/** The set of parties, then their entries in order of id. */
function pack(lines: readonly { readonly party: number; readonly entry: Uint8Array }[]): string {
  const sorted = lines.toSorted((a, b) => a.party - b.party);
  return concat([toBeHex(toBitmap(lines.map(({ party }) => party)), HEAD_BYTES), ...sorted.map(({ entry }) => entry)]);
}

function unpack(packed: string, size: number): { party: number; entry: Uint8Array }[] {
  const bytes = getBytes(packed);
  const parties = bytes.length < HEAD_BYTES ? undefined : fromBitmap(toBigInt(bytes.subarray(0, HEAD_BYTES)));
  if (parties === undefined || bytes.length !== HEAD_BYTES + parties.length * size) {
    throw new LedgerError('MALFORMED', `A packed record of ${bytes.length} bytes does not fit its set of parties`, {
      fault: 'chain',
      meta: { bytes: bytes.length, entry: size },
    });
  }
  return parties.map((party, index) => {
    const start = HEAD_BYTES + index * size;
    return { party, entry: bytes.slice(start, start + size) };
  });
}

/** Packs orders in the order of their providers, as the ledger demands. At most one per provider. */
export function packOrders(orders: readonly OrderLine[]): string {
  return pack(orders.map(({ provider, count }) => ({ party: provider, entry: getBytes(toBeHex(count, COUNT_BYTES)) })));
}

/** @throws LedgerError `MALFORMED` when the length does not fit the set of providers. */
export function unpackOrders(packed: string): OrderLine[] {
  return unpack(packed, COUNT_BYTES).map(({ party, entry }) => ({ provider: party, count: toNumber(entry) }));
}

/** Packs deliveries in the order of their requesters, as the ledger demands. At most one per requester. */
export function packDeliveries(deliveries: readonly DeliveryLine[]): string {
  return pack(deliveries.map(({ requester, commitment }) => ({ party: requester, entry: commitment })));
}

/** @throws LedgerError `MALFORMED` when the length does not fit the set of requesters. */
export function unpackDeliveries(packed: string): DeliveryLine[] {
  return unpack(packed, COMMITMENT_BYTES).map(({ party, entry }) => ({ requester: party, commitment: entry }));
}
