/**
 * Algorithm 2, line 3, the receiving side: fetches what was delivered, makes up for who did not deliver, and opens
 * the sum.
 * @module
 */
import { smallestPart } from '../onion/graph.ts';
import type { PartyId } from '../types.ts';
import type { Arrivals } from './arrivals.ts';
import type { Grievance } from './claims/filing.ts';
import { recoverBlobs } from './claims/recovery.ts';
import type { RecoveredSeed, RoundKey, SumRequest } from './envelopes.ts';
import { codeOfOthersFault } from './errors.ts';
import { type Member, selfOf } from './member.ts';
import type { LedgerState } from './ports.ts';
import { entriesOf, sumsOf } from './sums.ts';

/** What a round brought. */
export interface Collection {
  /** Σ Δw̃_j, float32 [D]; undefined if nothing was ordered or nothing could be opened. */
  readonly sum: Float32Array | undefined;
  /** Number of entries they gave. */
  readonly entries: number;
  /** Providers that were asked and did not deliver, or whose blob could not be had. */
  readonly missing: readonly PartyId[];
  /** Those of them that were paid for a blob that is not the one they committed to, or does not open. */
  readonly broken: readonly PartyId[];
  /** Those that were paid for a blob that could not be had, and those that did not help to sum without the missing. */
  readonly unreachable: readonly PartyId[];
}

const nothing: Collection = { sum: undefined, entries: 0, missing: [], broken: [], unreachable: [] };

/** When a collection stops waiting. */
export interface Patience {
  /** For blobs from their providers. */
  readonly blobs: AbortSignal;
  /** For blobs that were claimed, and for seeds. */
  readonly gradients: AbortSignal;
}

/**
 * Collects this party's sum of a round, after the deliver phase has ended. A blob that was paid for and cannot be had
 * or opened is claimed, and may still come: the provider, or a juror who got it, can give it.
 */
export async function collectSum(
  member: Member,
  state: LedgerState,
  round: number,
  arrivals: Arrivals,
  patience: Patience,
): Promise<Collection> {
  const { envelopes, observe } = member;
  const self = await selfOf(member);
  const request = (await sumsOf(member, state, round)).get(self);
  if (request === undefined) return nothing;
  if (!(await envelopes.isKeyed(request))) {
    const message = 'This party’s keys were changed during the round';
    observe({ type: 'warning', round, code: 'KEY_CHANGED', party: null, message });
    return nothing;
  }
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
  try {
    return await openRequest(member, state, request, key, arrivals, patience);
  } finally {
    key.secretKey.fill(0);
  }
}

/** Opens the sum of a request, or says why not. */
async function openRequest(
  member: Member,
  state: LedgerState,
  request: SumRequest,
  key: RoundKey,
  arrivals: Arrivals,
  { blobs, gradients: signal }: Patience,
): Promise<Collection> {
  const { envelopes, facts, ledger, observe } = member;
  const { orders, requester, round } = request;
  const asked = orders.map(({ provider }) => provider);
  const committed = (await ledger.deliveries(round)).filter((delivery) => delivery.requester === requester.id);
  const delivered = new Map<PartyId, Uint32Array>();
  const broken: PartyId[] = [];
  const grievances: Grievance[] = [];
  await Promise.all(
    committed.map(async (delivery) => {
      const { provider } = delivery;
      const words = await openBlob(member, request, provider, key, blobs, () => arrivals.take(delivery, blobs));
      if (typeof words !== 'string') delivered.set(provider, words);
      else {
        if (words !== 'NOT_HAD') broken.push(provider);
        grievances.push({ delivery, complaint: words === 'AUTH_FAILED' ? 'doesNotOpen' : 'notDelivered' });
      }
    }),
  );
  const found = await recoverBlobs(member, request, state, grievances, delivered.size, signal);
  for (const [provider, blob] of found) {
    const words = await openBlob(member, request, provider, key, signal, async () => blob);
    if (typeof words !== 'string') delivered.set(provider, words);
    else if (words === 'AUTH_FAILED') broken.push(provider);
  }
  let unreachable = grievances
    .map(({ delivery }) => delivery.provider)
    .filter((provider) => !broken.includes(provider) && !delivered.has(provider));
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
  const pairs = missing.flatMap((gone) =>
    neighboursOf(gone)
      .filter((id) => survivors.includes(id))
      .map((helper) => ({ helper, gone })),
  );
  const answers = await Promise.all(pairs.map(({ helper, gone }) => fetchSeed(member, round, helper, gone, signal)));
  const seeds = answers.filter((seed) => seed !== undefined);
  unreachable = [...new Set(pairs.filter((_, at) => answers[at] === undefined).map(({ helper }) => helper))];
  let sum: Float32Array;
  try {
    if (unreachable.length > 0) return skip('SEED_UNAVAILABLE', 'A survivor did not help to sum without the missing');
    sum = await envelopes.sum(request, delivered, seeds);
  } catch (error) {
    return skip(codeOfOthersFault(error, signal), 'What was delivered does not add up');
  } finally {
    for (const { seed } of seeds) seed.fill(0);
  }
  return { sum, entries: entriesOf(request, survivors), missing, broken, unreachable };
}

/** Opens one blob, or says why not: it is not the one committed to, does not open, or could not be had. */
async function openBlob(
  { envelopes, observe }: Member,
  request: SumRequest,
  provider: PartyId,
  key: RoundKey,
  signal: AbortSignal,
  take: () => Promise<Uint8Array>,
): Promise<Uint32Array | 'BAD_BLOB' | 'AUTH_FAILED' | 'NOT_HAD'> {
  try {
    return await envelopes.open(request, provider, await take(), key);
  } catch (error) {
    const code = codeOfOthersFault(error, signal);
    observe({
      type: 'warning',
      round: request.round,
      code,
      party: provider,
      message: 'Its delivery could not be used',
    });
    return code === 'BAD_BLOB' || code === 'AUTH_FAILED' ? code : 'NOT_HAD';
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
