/**
 * Algorithm 2, line 3, the receiving side: fetches what was delivered, makes up for who did not deliver, and opens
 * the sum.
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import { smallestPart } from '../onion/graph.ts';
import type { Delivery, PartyId } from '../types.ts';
import type { RecoveredSeed, RoundKey, SumRequest } from './envelopes.ts';
import { AlgorithmError, codeOfOthersFault } from './errors.ts';
import { type Member, selfOf } from './member.ts';
import type { LedgerState } from './ports.ts';
import { entriesOf, sumsOf } from './sums.ts';

/** What a round brought. */
export interface Collection {
  /** Σ Δw̃_j, float32 [D]; undefined if nothing was ordered or nothing could be opened. */
  readonly sum: Float32Array | undefined;
  /** Number of providers in the sum. */
  readonly providers: number;
  /** Number of entries they gave. */
  readonly entries: number;
  /** Providers that were asked and did not deliver, or whose blob could not be had. */
  readonly missing: readonly PartyId[];
  /** Those of them that were paid for a blob that is not the one they committed to, or does not open. */
  readonly broken: readonly PartyId[];
  /** Those of them that were paid for a blob that could not be had. */
  readonly unreachable: readonly PartyId[];
}

const nothing: Collection = { sum: undefined, providers: 0, entries: 0, missing: [], broken: [], unreachable: [] };

/**
 * Collects this party's sum of a round, after the deliver phase has ended.
 * @param signal - ends the wait for blobs and seeds.
 */
export async function collectSum(
  member: Member,
  state: LedgerState,
  round: number,
  signal: AbortSignal,
): Promise<Collection> {
  const { envelopes, facts, ledger, observe } = member;
  const self = await selfOf(member);
  const request = (await sumsOf(member, state, round)).get(self);
  if (request === undefined) return nothing;
  const asked = request.orders.map(({ provider }) => provider);
  const committed = (await ledger.deliveries(round)).filter(({ requester }) => requester === self);

  const key = await member.store.roundKey(round);
  if (key === undefined) {
    observe({
      type: 'warning',
      round,
      code: 'KEY_LOST',
      party: null,
      message: 'The key of this round’s blobs is gone',
    });
    return nothing;
  }
  const opened = await Promise.all(committed.map((delivery) => openBlob(member, request, delivery, key, signal)));
  const delivered = new Map<PartyId, Uint32Array>();
  const broken: PartyId[] = [];
  const unreachable: PartyId[] = [];
  committed.forEach(({ provider }, index) => {
    const words = opened[index];
    if (words === 'broken') broken.push(provider);
    else if (words === 'unreachable') unreachable.push(provider);
    else delivered.set(provider, words);
  });
  const survivors = committed.map(({ provider }) => provider);
  const missing = asked.filter((provider) => !delivered.has(provider));
  const skip = (code: string, message: string): Collection => {
    observe({ type: 'warning', round, code, party: null, message });
    return { ...nothing, missing, broken, unreachable };
  };

  // Nobody gives seeds for a provider whose UPLOAD is recorded, so a blob that cannot be had costs this sum.
  if (delivered.size < committed.length)
    return skip('BLOB_UNAVAILABLE', 'A recorded delivery could not be had or opened');
  const neighboursOf = envelopes.graph(request);
  if (smallestPart(survivors, neighboursOf) < facts.minProviders) {
    return skip('GROUP_TOO_SMALL', 'Too few delivered for a sum to hide each one');
  }
  const seeds = await Promise.all(
    missing.flatMap((gone) =>
      neighboursOf(gone)
        .filter((id) => survivors.includes(id))
        .map((helper) => fetchSeed(member, round, helper, gone, signal)),
    ),
  );
  const known = seeds.filter((seed) => seed !== undefined);
  if (known.length < seeds.length)
    return skip('SEED_UNAVAILABLE', 'A survivor did not help to sum without the missing');
  let sum: Float32Array;
  try {
    sum = await envelopes.sum(request, delivered, known);
  } catch (error) {
    return skip(codeOfOthersFault(error, signal), 'What was delivered does not add up');
  }
  return { sum, providers: delivered.size, entries: entriesOf(request, survivors), missing, broken, unreachable };
}

/** Fetches one blob, checks it against its commitment before anything else is done with it, and opens it. */
async function openBlob(
  member: Member,
  request: SumRequest,
  { provider, commitment }: Delivery,
  key: RoundKey,
  signal: AbortSignal,
): Promise<Uint32Array | 'broken' | 'unreachable'> {
  const { envelopes, exchange, observe } = member;
  const { round } = request;
  try {
    // deviation: the paper puts ciphertexts into public storage; here its provider serves it, bound by the hash.
    const blob = await exchange.blob(provider, round, signal);
    if (!timingSafeEqual(envelopes.commitment(blob), commitment)) {
      throw new AlgorithmError('BAD_BLOB', `The blob of party ${provider} is not the one it committed to.`, {
        fault: 'peer',
      });
    }
    return await envelopes.open(request, provider, blob, key);
  } catch (error) {
    const code = codeOfOthersFault(error, signal);
    observe({ type: 'warning', round, code, party: provider, message: 'Its delivery could not be used' });
    return code === 'BAD_BLOB' || code === 'AUTH_FAILED' ? 'broken' : 'unreachable';
  }
}

async function fetchSeed(
  member: Member,
  round: number,
  helper: PartyId,
  missing: PartyId,
  signal: AbortSignal,
): Promise<RecoveredSeed | undefined> {
  try {
    return { helper, missing, seed: await member.exchange.maskSeed(helper, round, missing, signal) };
  } catch (error) {
    const code = codeOfOthersFault(error, signal);
    const message = `Did not help to sum without party ${missing}`;
    member.observe({ type: 'warning', round, code, party: helper, message });
    return undefined;
  }
}
