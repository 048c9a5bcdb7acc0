/**
 * Orders, deliveries and reports.
 * @module
 */

import type { PartyId } from '../../node/types.ts';
import { fromBitmap, toBitmap } from '../bitmap.ts';
import { acting, endIfComplete } from './rounds.ts';
import { type Call, credibleSet, type ModelOrder, type ModelState, refuse } from './state.ts';

const zeroKey = `0x${'00'.repeat(32)}`;

/** Takes packed data apart: a set of parties (32 bytes), then an entry of `size` bytes for each, in order of id. */
function entriesOf(packed: string, size: number): Map<PartyId, string> {
  const length = (packed.length - 2) / 2;
  if (length < 32) refuse('ExchangeMalformed', length, 32);
  const parties = fromBitmap(BigInt(packed.slice(0, 66)));
  const needed = 32 + parties.length * size;
  if (length !== needed) refuse('ExchangeMalformed', length, needed);
  return new Map(parties.map((party, index) => [party, packed.slice(66 + index * size * 2).slice(0, size * 2)]));
}

/** DOWNLOAD: `orders` packed, providers ‖ counts of 4 bytes. */
export function download(state: ModelState, call: Call, round: number, orders: string, encryptionKey: string): void {
  const requester = acting(state, call, 'order', round);
  if (encryptionKey === zeroKey) refuse('ExchangeInvalidKey');
  const counts = entriesOf(orders, 4);
  const providers = [...counts.keys()];
  const invalid = providers.filter((id) => id === requester || !state.parties[id]?.credible);
  if (invalid.length > 0) refuse('ExchangeInvalidProvider', toBitmap(invalid));
  const { minProviders } = state.facts;
  if (providers.length > 0 && providers.length < minProviders) {
    refuse('ExchangeTooFewProviders', providers.length, minProviders);
  }
  const placed: ModelOrder[] = [];
  for (const [provider, entry] of counts) {
    const count = Number.parseInt(entry, 16);
    const { cap } = state.parties[provider];
    if (count < 1 || count > cap) refuse('ExchangeCountOutOfRange', provider, count, cap);
    placed.push({ requester, provider, count: BigInt(count), open: true, commitment: undefined });
  }
  const total = placed.reduce((sum, order) => sum + order.count, 0n);
  const { points } = state.parties[requester];
  if (points < total) refuse('PointsInsufficientBalance', requester, points, total);

  state.parties[requester].points -= total;
  state.orders.push(...placed);
  state.acted.add(requester);
  state.events.push({ name: 'Downloaded', round, requester, orders, encryptionKey });
  endIfComplete(state, call);
}

/** UPLOAD: `deliveries` packed, requesters ‖ commitments of 32 bytes. */
export function upload(state: ModelState, call: Call, round: number, deliveries: string): void {
  const provider = acting(state, call, 'deliver', round);
  const placed = state.orders.filter((order) => order.provider === provider);
  const commitments = entriesOf(deliveries, 32);
  const strangers = [...commitments.keys()].filter((id) => !placed.some((order) => order.requester === id));
  if (strangers.length > 0) refuse('ExchangeNotOrdered', toBitmap(strangers));

  let earned = 0n;
  for (const order of placed.toSorted((a, b) => a.requester - b.requester)) {
    const { requester, count } = order;
    order.open = false;
    const commitment = commitments.get(requester);
    if (commitment !== undefined) {
      order.commitment = `0x${commitment}`;
      earned += count;
    } else {
      state.parties[requester].points += count;
      state.events.push({ name: 'Refunded', round, requester, amount: count });
    }
  }
  state.parties[provider].points += earned;
  state.uploads.set(provider, deliveries);
  state.acted.add(provider);
  state.events.push({ name: 'Uploaded', round, provider, deliveries, earned });
  endIfComplete(state, call);
}

/** Ends the sender's benchmark or evaluation. @param lowContributors - bitmap of parties. */
export function report(state: ModelState, call: Call, round: number, lowContributors: bigint): void {
  const party = acting(state, call, round === 0 ? 'benchmark' : 'evaluate', round);
  const named = fromBitmap(lowContributors);
  const credible = credibleSet(state);
  const invalid = named.filter((id) => !credible.includes(id) || id === party);
  if (invalid.length > 0) refuse('CredibleSetInvalidReport', toBitmap(invalid));
  state.reports.set(party, named);
  state.acted.add(party);
  state.events.push({ name: 'Reported', round, party, lowContributors });
  endIfComplete(state, call);
}
