/**
 * Orders, deliveries and reports.
 * @module
 */
import { fromBitmap, toBitmap } from '../bitmap.ts';
import { acting, endIfComplete } from './rounds.ts';
import { type Call, credibleSet, type ModelOrder, type ModelState, refuse } from './state.ts';

const zeroKey = `0x${'00'.repeat(32)}`;

/** Cuts packed data into entries of `size` bytes, as 0x… texts. */
function entriesOf(packed: string, size: number): string[] {
  const length = (packed.length - 2) / 2;
  if (length % size !== 0) refuse('ExchangeMalformed', length, size);
  return Array.from({ length: length / size }, (_, index) =>
    packed.slice(2 + index * size * 2, 2 + (index + 1) * size * 2),
  );
}

const firstByte = (entry: string) => Number.parseInt(entry.slice(0, 2), 16);

/** DOWNLOAD: `orders` packed, provider (1 byte) ‖ count (4 bytes). */
export function download(state: ModelState, call: Call, round: number, orders: string, encryptionKey: string): void {
  const requester = acting(state, call, 'order', round);
  if (encryptionKey === zeroKey) refuse('ExchangeInvalidKey');
  const placed: ModelOrder[] = [];
  for (const entry of entriesOf(orders, 5)) {
    const provider = firstByte(entry);
    const count = Number.parseInt(entry.slice(2), 16);
    const previous = placed.at(-1);
    if (previous !== undefined && provider <= previous.provider) refuse('ExchangeOutOfOrder', provider);
    const party = state.parties[provider];
    if (!party?.credible || provider === requester) refuse('ExchangeInvalidProvider', provider);
    if (count < 1 || count > party.cap) refuse('ExchangeCountOutOfRange', provider, count, party.cap);
    placed.push({ requester, provider, count: BigInt(count), open: true, commitment: undefined });
  }
  const { minProviders } = state.facts;
  if (placed.length > 0 && placed.length < minProviders) {
    refuse('ExchangeTooFewProviders', placed.length, minProviders);
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

/** UPLOAD: `deliveries` packed, requester (1 byte) ‖ commitment (32 bytes). */
export function upload(state: ModelState, call: Call, round: number, deliveries: string): void {
  const provider = acting(state, call, 'deliver', round);
  const placed = state.orders.filter((order) => order.provider === provider);
  const filled = new Map<ModelOrder, string>();
  let previous = -1;
  for (const entry of entriesOf(deliveries, 33)) {
    const requester = firstByte(entry);
    if (requester <= previous) refuse('ExchangeOutOfOrder', requester);
    const order = placed.find((candidate) => candidate.requester === requester);
    if (order === undefined) refuse('ExchangeNotOrdered', requester);
    else filled.set(order, `0x${entry.slice(2)}`);
    previous = requester;
  }

  let earned = 0n;
  for (const order of placed.toSorted((a, b) => a.requester - b.requester)) {
    const { requester, count } = order;
    order.open = false;
    order.commitment = filled.get(order);
    if (order.commitment !== undefined) earned += count;
    else {
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
