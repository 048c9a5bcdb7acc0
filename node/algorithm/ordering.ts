/**
 * Algorithm 2, line 1: a party's orders of one round.
 * @module
 */
import type { Consortium } from '../consortium.ts';
import { spendBalance } from '../credibility/budgets/balance.ts';
import type { DownloadBudget } from '../credibility/budgets/budget.ts';
import { spendHalf } from '../credibility/budgets/half.ts';
import { spendOffered } from '../credibility/budgets/offered.ts';
import { normaliseCredibility } from '../credibility/credibility.ts';
import { chooseOrders } from '../credibility/orders.ts';
import { withoutDominance } from '../onion/dominance.ts';
import { createSeededRandom } from '../random.ts';
import type { Order, Party } from '../types.ts';
import { actInTime } from './acting.ts';
import { credibleOthers, type Member, purposes, seedFor, selfOf } from './member.ts';
import type { LedgerState } from './ports.ts';
import { providerLimit } from './providerLimit.ts';
import { partiesOf } from './sums.ts';

/** The consortium's budgets by name. */
const budgets: Record<NonNullable<Consortium['aggregation']['budget']>, DownloadBudget> = {
  balance: spendBalance,
  half: spendHalf,
  offered: spendOffered,
};

/**
 * Orders d_i^j = min(⌊c_i^j·d_i⌋, ⌊λ_j·|w|⌋) entries, d_i being the consortium's budget, from as many other credible
 * parties as its rule on providers allows, of nobody more than of all the others, with a fresh key for this round's
 * blobs. Does nothing when the order phase is over or this party has ordered before a restart.
 * @returns this party's orders of the round as the ledger has them.
 */
export async function order(
  member: Member,
  state: LedgerState,
  round: number,
  credibility: readonly number[],
): Promise<readonly Omit<Order, 'requester'>[]> {
  const { consortium, envelopes, facts, ledger, store } = member;
  const self = await selfOf(member);
  if (state.round !== round) return [];
  if (state.phase !== 'order' || state.parties[self].acted) {
    return (await ledger.orders(round)).filter(({ requester }) => requester === self);
  }
  // On disk before it is on the ledger: blobs must open after a restart.
  const pair = (await store.roundKey(round)) ?? envelopes.createRoundKey();
  await store.saveRoundKey(round, pair);
  pair.secretKey.fill(0);
  const ordered = await actInTime(member, round, async () => {
    const [now, start] = await Promise.all([ledger.state(), ledger.atStart(round)]);
    const keyed = partiesOf(now, start);
    // Whoever changed its mask key in this round can neither be masked with nor unmask before the next.
    const isReady = ({ id, maskKey }: Party) => Buffer.compare(maskKey, keyed[id].maskKey) === 0;
    const possible = (await envelopes.isKeyed({ parties: keyed }))
      ? credibleOthers(now, self).filter(
          (party) => isReady(party) && envelopes.accepts(party) && credibility[party.id] !== 0,
        )
      : [];
    // Others every round, so that over the rounds a party hears all; the same ones after a restart.
    const chosen = createSeededRandom(seedFor(member.seed, round, purposes.ordering))
      .permutation(possible.length)
      .slice(0, providerLimit(member, start, round, self))
      .sort();
    const providers = [...chosen].map((place) => possible[place]);
    const orders = withoutDominance(
      chooseOrders(
        budgets[consortium.aggregation.budget ?? 'balance'](now.parties[self].points, providers),
        normaliseCredibility(
          now.parties.map(({ id }) => credibility[id] ?? 0),
          providers.map(({ id }) => id),
        ),
        providers,
        facts.minProviders,
      ),
    );
    await ledger.download(round, orders, pair.publicKey);
    return orders;
  });
  return ordered ?? [];
}
