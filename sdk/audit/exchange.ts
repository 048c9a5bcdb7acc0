/**
 * Judges a round's acts: orders, deliveries, reports.
 * @module
 */
import { hexlify, ZeroHash } from 'ethers';
import { fromBitmap, has } from '../bitmap.ts';
import { LedgerError } from '../errors.ts';
import { unpackDeliveries, unpackOrders } from '../packing.ts';
import { credit, factsOf, type Judgement, type LedgerPhase } from './books.ts';
import type { Effects, EventOf } from './effects.ts';
import { endIfComplete } from './phases.ts';
import { refundOrdersTo } from './refunds.ts';
import type { Rule } from './rules.ts';

/** Judges that a party may act now, and notes that it did. */
function act(judgement: Judgement, party: number, phase: LedgerPhase, round: number, what: string): void {
  const { books } = judgement;
  if (!has(books.credible, party)) {
    judgement.violate('ACT_CREDIBLE', `Party ${party}, which is not in the credible set, ${what}.`, party);
  }
  if (books.phase !== phase || books.round !== round) {
    const now = `${books.phase} of round ${books.round}`;
    judgement.violate('ACT_PHASE', `Party ${party} ${what} for round ${round} in the phase ${now}.`, party);
  } else if (has(books.acted, party)) judgement.violate('ACT_ONCE', `Party ${party} ${what} a second time.`, party);
  books.acted |= 1n << BigInt(party);
}

/** The lines of a packed record; none if it is malformed. */
function unpacked<Line>(judgement: Judgement, rule: Rule, party: number, unpack: () => Line[]): Line[] {
  try {
    return unpack();
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    judgement.violate(rule, `The lines of party ${party} are malformed: ${error.message}.`, party);
    return [];
  }
}

/** DOWNLOAD. */
export function judgeDownload(judgement: Judgement, event: EventOf<'Downloaded'>, effects: Effects): void {
  const { books } = judgement;
  const { requester } = event;
  act(judgement, requester, 'order', event.round, 'ordered');
  const lines = unpacked(judgement, 'ORDER_FORM', requester, () => unpackOrders(event.orders));

  if (event.encryptionKey === ZeroHash) judgement.violate('ORDER_FORM', `Party ${requester} gave no key.`, requester);
  const { minProviders } = factsOf(books);
  if (lines.length > 0 && lines.length < minProviders) {
    const given = `${lines.length} of at least ${minProviders} providers`;
    judgement.violate('ORDER_GROUP', `Party ${requester} ordered from ${given}.`, requester);
  }
  const row = books.outstanding.get(requester) ?? new Map<number, number>();
  let total = 0n;
  let before = -1;
  for (const { provider, count } of lines) {
    if (provider <= before || count === 0) {
      judgement.violate(
        'ORDER_FORM',
        `Party ${requester}'s order of ${count} from party ${provider} is malformed.`,
        requester,
      );
    }
    before = provider;
    if (provider === requester || !has(books.credible, provider)) {
      judgement.violate(
        'ORDER_PROVIDER',
        `Party ${requester} ordered from party ${provider}, which may not be asked.`,
        requester,
      );
    }
    const cap = books.parties[provider]?.cap ?? 0;
    if (count > cap) {
      judgement.violate(
        'ORDER_CAP',
        `Party ${requester} ordered ${count} entries of party ${provider}, cap ${cap}.`,
        requester,
      );
    }
    row.set(provider, (row.get(provider) ?? 0) + count);
    total += BigInt(count);
  }
  const balance = books.parties[requester]?.points ?? 0n;
  if (total > balance) {
    judgement.violate('ORDER_BALANCE', `Party ${requester} spent ${total} points and had ${balance}.`, requester);
  }
  credit(books, requester, -total);
  books.escrow += total;
  books.outstanding.set(requester, row);
  judgement.record.ordered(requester, total);
  endIfComplete(judgement, effects);
}

/** UPLOAD. */
export function judgeUpload(judgement: Judgement, event: EventOf<'Uploaded'>, effects: Effects): void {
  const { books, record } = judgement;
  const { provider } = event;
  act(judgement, provider, 'deliver', event.round, 'delivered');
  const settled = books.settled.get(provider) ?? new Map();
  let earned = 0n;
  let before = -1;
  for (const line of unpacked(judgement, 'DELIVERY', provider, () => unpackDeliveries(event.deliveries))) {
    const { requester } = line;
    const row = books.outstanding.get(requester);
    const count = row?.get(provider);
    if (row === undefined || count === undefined || requester <= before) {
      const what = settled.has(requester) ? 'was settled before' : 'does not exist';
      judgement.violate(
        'DELIVERY',
        `Party ${provider} delivered an order of party ${requester} that ${what}.`,
        provider,
      );
      continue;
    }
    before = requester;
    row.delete(provider);
    const price = BigInt(count);
    const commitment = hexlify(line.commitment);
    earned += price;
    settled.set(requester, { commitment, price });
    record.exchanged(requester, provider, price, commitment);
  }
  books.settled.set(provider, settled);
  if (event.earned !== earned) {
    judgement.violate('EARNED', `Party ${provider} earned ${event.earned} points for orders of ${earned}.`, provider);
  }
  books.escrow -= earned;
  credit(books, provider, event.earned);
  refundOrdersTo(judgement, effects, provider);
  endIfComplete(judgement, effects);
}

/** The end of a party's benchmark or evaluation. */
export function judgeReport(judgement: Judgement, event: EventOf<'Reported'>, effects: Effects): void {
  const { books } = judgement;
  const { party, lowContributors } = event;
  act(judgement, party, event.round === 0 ? 'benchmark' : 'evaluate', event.round, 'reported');
  const invalid = lowContributors & (~books.credible | (1n << BigInt(party)));
  if (invalid !== 0n) {
    judgement.violate(
      'REPORT',
      `Party ${party} reported ${fromBitmap(invalid).join(', ')}, which cannot be reported by it.`,
      party,
    );
  }
  books.reports.set(party, lowContributors);
  judgement.record.reported(party, lowContributors);
  endIfComplete(judgement, effects);
}
