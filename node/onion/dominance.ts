/**
 * The dominance rule of statistical disclosure control, (1, 50 %): nobody gives more than half of a sum, for the others'
 * entries would be too few to hide its own. With one entry of one party and all of another, the sum is the other's.
 * @module
 */
import type { Order, PartyId } from '../types.ts';

type Line = Pick<Order, 'provider' | 'count'>;

const total = (orders: readonly Line[]) => orders.reduce((sum, { count }) => sum + count, 0);

/** Whether more entries are asked of `provider` than of all the others in a sum. */
export function isDominant(orders: readonly Line[], provider: PartyId): boolean {
  const own = orders.find((line) => line.provider === provider)?.count ?? 0;
  return 2 * own > total(orders);
}

/** The same orders, but of nobody more than of all the others. */
// deviation: the paper's d_i^j = min(⌊c_i^j·d_i⌋, ⌊λ_j·|w|⌋) may be almost all of a sum.
export function withoutDominance<L extends Line>(orders: readonly L[]): L[] {
  const all = total(orders);
  return orders.map((line) => ({ ...line, count: Math.min(line.count, all - line.count) }));
}
