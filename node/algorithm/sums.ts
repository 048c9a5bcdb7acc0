/**
 * The sums of a round as the ledger states them.
 * @module
 */
import { scheduleAt } from '../consortium.ts';
import { beaconOf } from '../onion/beacon.ts';
import type { Order, Party, PartyId } from '../types.ts';
import type { SumRequest } from './envelopes.ts';
import type { Member } from './member.ts';
import type { LedgerState, StartingParty } from './ports.ts';

/** Every requester's sum of a round, by requester; parties that ordered nothing have none. */
export async function sumsOf(member: Member, state: LedgerState, round: number): Promise<Map<PartyId, SumRequest>> {
  const { consortium, ledger } = member;
  const [orders, keys, start] = await Promise.all([
    ledger.orders(round),
    ledger.encryptionKeys(round),
    ledger.atStart(round),
  ]);
  // A party that changes its keys in the middle of a round must not spoil the sums it is in.
  const parties = partiesOf(state, start);
  const beacon = beaconOf(keys);
  const byRequester = Map.groupBy(orders, (order: Order) => order.requester);
  const sums = new Map<PartyId, SumRequest>();
  for (const [requester, lines] of byRequester) {
    const party = parties[requester];
    sums.set(requester, {
      round,
      requester: party,
      encryptionKey: keys.get(requester) ?? party.encryptionKey,
      orders: lines.toSorted((a, b) => a.provider - b.provider),
      beacon,
      parties,
      clamp: scheduleAt(consortium.aggregation.clamp, round, consortium.rounds),
    });
  }
  return sums;
}

/** All parties, with the mask keys that hold in a round. */
export function partiesOf({ parties }: LedgerState, start: ReadonlyMap<PartyId, StartingParty>): Party[] {
  return parties.map((party) => ({ ...party, maskKey: start.get(party.id)?.maskKey ?? party.maskKey }));
}

/** The number of entries `provider` was asked for in a sum; 0 if it was not asked. */
export function countOf(request: SumRequest, provider: PartyId): number {
  return request.orders.find((order) => order.provider === provider)?.count ?? 0;
}

/** Entries that these providers together were asked for in a sum. */
export function entriesOf(request: SumRequest, providers: Iterable<PartyId>): number {
  return [...providers].reduce((total, provider) => total + countOf(request, provider), 0);
}
