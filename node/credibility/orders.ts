/**
 * How many gradient entries a party orders from whom (Algorithm 2, line 1).
 * @module
 */
import type { Party, PartyId } from '../types.ts';

/**
 * d_i^j = min(⌊c_i^j·d_i⌋, ⌊λ_j·|w|⌋) for every other credible party.
 * @param budget - d_i ≥ 0.
 * @param credibility - c_i, normalised over `others`.
 * @param minProviders - a sum over fewer providers is never asked for: then the order is empty.
 * @returns orders of at least one entry, by ascending provider; their total is at most `budget`.
 */
export function chooseOrders(
  budget: bigint,
  credibility: readonly number[],
  others: readonly Pick<Party, 'id' | 'cap'>[],
  minProviders: number,
): { provider: PartyId; count: number }[] {
  const orders = others
    .map((party) => ({
      provider: party.id,
      // Floor of a float product may exceed the exact share by one when c is a rounded quotient; the cap on the total below settles it.
      count: Math.min(Math.floor(credibility[party.id] * Number(budget)), party.cap),
    }))
    .filter((order) => order.count > 0)
    .sort((a, b) => a.provider - b.provider);
  let left = budget;
  for (const order of orders) {
    order.count = Math.min(order.count, Number(left));
    left -= BigInt(order.count);
  }
  const positive = orders.filter((order) => order.count > 0);
  return positive.length < minProviders ? [] : positive;
}
