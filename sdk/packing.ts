/**
 * The packed lines of DOWNLOAD and UPLOAD, as IDppdl's `Downloaded` and `Uploaded` describe them.
 * @module
 */
import { getBytes, hexlify } from 'ethers';
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

const ORDER_BYTES = 5;
const DELIVERY_BYTES = 33;

function linesOf(packed: string, size: number): { bytes: Uint8Array; view: DataView; starts: number[] } {
  const bytes = getBytes(packed);
  if (bytes.length % size !== 0) {
    throw new LedgerError('MALFORMED', `A packed record has ${bytes.length} bytes, not a multiple of ${size}`, {
      fault: 'chain',
      meta: { bytes: bytes.length, entry: size },
    });
  }
  const starts = Array.from({ length: bytes.length / size }, (_, index) => index * size);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), starts };
}

/** Packs orders in the order of their providers, as the ledger demands. */
export function packOrders(orders: readonly OrderLine[]): string {
  const bytes = new Uint8Array(orders.length * ORDER_BYTES);
  const view = new DataView(bytes.buffer);
  orders
    .toSorted((a, b) => a.provider - b.provider)
    .forEach(({ provider, count }, index) => {
      view.setUint8(index * ORDER_BYTES, provider);
      view.setUint32(index * ORDER_BYTES + 1, count);
    });
  return hexlify(bytes);
}

/** @throws LedgerError `MALFORMED` when the length is no multiple of a line's. */
export function unpackOrders(packed: string): OrderLine[] {
  const { view, starts } = linesOf(packed, ORDER_BYTES);
  return starts.map((start) => ({ provider: view.getUint8(start), count: view.getUint32(start + 1) }));
}

/** Packs deliveries in the order of their requesters, as the ledger demands. */
export function packDeliveries(deliveries: readonly DeliveryLine[]): string {
  const bytes = new Uint8Array(deliveries.length * DELIVERY_BYTES);
  deliveries
    .toSorted((a, b) => a.requester - b.requester)
    .forEach(({ requester, commitment }, index) => {
      bytes[index * DELIVERY_BYTES] = requester;
      bytes.set(commitment, index * DELIVERY_BYTES + 1);
    });
  return hexlify(bytes);
}

/** @throws LedgerError `MALFORMED` when the length is no multiple of a line's. */
export function unpackDeliveries(packed: string): DeliveryLine[] {
  const { bytes, starts } = linesOf(packed, DELIVERY_BYTES);
  return starts.map((start) => ({
    requester: bytes[start],
    commitment: bytes.slice(start + 1, start + DELIVERY_BYTES),
  }));
}
