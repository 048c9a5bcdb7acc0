/**
 * Sets of parties as the ledger keeps them: bit i stands for party i.
 * @module
 */

/** The set as a bitmap. @param parties - ids, 0 … 255, in any order. */
export function toBitmap(parties: Iterable<number>): bigint {
  let bits = 0n;
  for (const party of parties) bits |= 1n << BigInt(party);
  return bits;
}

/** The ids in a bitmap, ascending. */
export function fromBitmap(bits: bigint): number[] {
  const parties: number[] = [];
  for (let rest = bits, party = 0; rest !== 0n; rest >>= 1n, party++) if (rest & 1n) parties.push(party);
  return parties;
}

/** Number of parties in a bitmap. */
export function sizeOf(bits: bigint): number {
  let size = 0;
  for (let rest = bits; rest !== 0n; rest &= rest - 1n) size++;
  return size;
}

/** Whether a party is in a bitmap. */
export function has(bits: bigint, party: number): boolean {
  return ((bits >> BigInt(party)) & 1n) === 1n;
}
