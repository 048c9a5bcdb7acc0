/**
 * What a party may give away, decided from ledger facts alone: never both the blob a provider closed and the seeds
 * that open it without the others.
 * @module
 */
import type { Delivery, Order, PartyId } from '../types.ts';
import { smallestPart } from './graph.ts';

/** What the ledger says about one round. */
export interface RoundFacts {
  /** Orders of the round, at least all those of the requester in question. */
  readonly orders: readonly Order[];
  /** Deliveries of the round. */
  readonly deliveries: readonly Delivery[];
  /** Whether these are all there will ever be: the deliver phase of the round is over. */
  readonly isFinal: boolean;
  /** Fewest providers whose sum may be opened. */
  readonly minProviders: number;
}

/**
 * Why not: `NOT_OVER` may change with time, the others are final. `NOT_ORDERED`: the requester did not order from one
 * of the two. `NOT_RECORDED`: the ledger does not show this party's own upload. `DELIVERED`: it shows the upload of the
 * party said to be missing. `NOT_NEIGHBOURS`: the two share no keystream. `GROUP_TOO_SMALL`: too few for a sum to hide
 * each one.
 */
export type Refusal = 'NOT_OVER' | 'NOT_ORDERED' | 'NOT_RECORDED' | 'DELIVERED' | 'NOT_NEIGHBOURS' | 'GROUP_TOO_SMALL';

/**
 * Whether `self` may hand its blob to the requester. Commit first, deliver second: a blob that left its provider but
 * is not on the ledger would be bared by the seeds that the others then give for the "missing" provider.
 * @returns undefined if it may.
 */
export function blobRefusal(facts: RoundFacts, self: PartyId, requester: PartyId): Refusal | undefined {
  const ordered = facts.orders.filter((order) => order.requester === requester);
  if (!ordered.some(({ provider }) => provider === self)) return 'NOT_ORDERED';
  if (ordered.length < facts.minProviders) return 'GROUP_TOO_SMALL';
  if (!hasDelivered(facts, self, requester)) return 'NOT_RECORDED';
  return undefined;
}

/**
 * Whether `self` may tell the requester the seed it shares with `missing` for the requester's sum.
 * @param neighboursOf - who masks with whom in that sum, see graph.ts.
 * @returns undefined if it may.
 */
export function seedRefusal(
  facts: RoundFacts,
  { self, requester, missing }: { readonly self: PartyId; readonly requester: PartyId; readonly missing: PartyId },
  neighboursOf: (member: PartyId) => readonly PartyId[],
): Refusal | undefined {
  const asked = facts.orders.filter((order) => order.requester === requester).map(({ provider }) => provider);
  if (!asked.includes(self) || !asked.includes(missing) || self === missing) return 'NOT_ORDERED';
  if (!facts.isFinal) return 'NOT_OVER';
  if (hasDelivered(facts, missing, requester)) return 'DELIVERED';
  if (!hasDelivered(facts, self, requester)) return 'NOT_RECORDED';
  const delivered = asked.filter((provider) => hasDelivered(facts, provider, requester));
  if (smallestPart(delivered, neighboursOf) < facts.minProviders) return 'GROUP_TOO_SMALL';
  if (!neighboursOf(missing).includes(self)) return 'NOT_NEIGHBOURS';
  return undefined;
}

function hasDelivered({ deliveries }: RoundFacts, provider: PartyId, requester: PartyId): boolean {
  return deliveries.some((delivery) => delivery.provider === provider && delivery.requester === requester);
}
