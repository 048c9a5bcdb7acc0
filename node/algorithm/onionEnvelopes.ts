/**
 * Algorithm 3 and §4.2.2 put together: gradients in fixed point, masked so that only their sum opens, in two more
 * layers of encryption.
 * @module
 */
import type { Consortium } from '../consortium.ts';
import { decodeFixedSum, encodeFixed, type FixedPoint, fixedPointFor } from '../gradient/fixedPoint.ts';
import { selectLargest } from '../gradient/select.ts';
import { type BlobFacts, commitment, createRoundKey, peel, wrap } from '../onion/blob.ts';
import { OnionError } from '../onion/errors.ts';
import { neighbours } from '../onion/graph.ts';
import { addKeystream, maskSeed, maskSign } from '../onion/keystream.ts';
import type { ExchangeContext, PartyId } from '../types.ts';
import type { Envelopes, SumRequest } from './envelopes.ts';
import type { Keys, Ledger, LedgerFacts } from './ports.ts';
import { countOf } from './sums.ts';

/** What one party's onion needs. */
export interface OnionOptions {
  readonly aggregation: Consortium['aggregation'];
  readonly facts: LedgerFacts;
  readonly keys: Keys;
  readonly ledger: Ledger;
}

/** Creates the onion of one party. */
export function createOnionEnvelopes({ aggregation, facts, keys, ledger }: OnionOptions): Envelopes {
  const selfId = async (): Promise<PartyId> => {
    const self = await ledger.self();
    if (self === undefined) throw new TypeError('The onion needs a registered party.');
    return self;
  };
  const contextOf = ({ round }: SumRequest): ExchangeContext => ({ ...facts, round });
  const formatOf = ({ clamp, orders }: SumRequest): FixedPoint =>
    fixedPointFor(clamp, aggregation.levels, orders.length);
  const groupOf = ({ requester, orders }: SumRequest): PartyId[] =>
    [requester.id, ...orders.map(({ provider }) => provider)].sort((a, b) => a - b);
  const neighboursOf = (request: SumRequest, member: PartyId): PartyId[] =>
    neighbours(groupOf(request), member, request.requester.id, contextOf(request), request.beacon);
  const seedWith = (request: SumRequest, self: PartyId, other: PartyId): Uint8Array => {
    const shared = keys.agree(request.parties[other].maskKey);
    const seed = maskSeed(shared, contextOf(request), request.requester.id, [self, other]);
    shared.fill(0);
    return seed;
  };
  const blobFacts = (request: SumRequest, provider: PartyId): BlobFacts => ({
    context: contextOf(request),
    provider,
    requester: request.requester.id,
    count: countOf(request, provider),
    words: facts.parameterCount,
    bits: formatOf(request).bits,
  });
  /** Adds `self`'s keystreams with all its neighbours but those excepted. */
  const mask = (words: Uint32Array, request: SumRequest, self: PartyId, except: readonly PartyId[] = []): void => {
    const { bits } = formatOf(request);
    for (const other of neighboursOf(request, self)) {
      if (except.includes(other)) continue;
      const seed = seedWith(request, self, other);
      addKeystream(words, seed, maskSign(self, other), bits);
      seed.fill(0);
    }
  };

  return {
    createRoundKey,
    commitment,

    async seal(request, gradient) {
      const self = await selfId();
      const selected = selectLargest(gradient, countOf(request, self));
      const words = encodeFixed(selected, formatOf(request));
      mask(words, request, self);
      return await wrap(words, request.encryptionKey, blobFacts(request, self));
    },

    open: (request, provider, blob, key) => peel(blob, key, blobFacts(request, provider)),

    helpers: (request, missing, survivors) => neighboursOf(request, missing).filter((id) => survivors.includes(id)),

    async seed(request, missing) {
      return seedWith(request, await selfId(), missing);
    },

    async sum(request, delivered, seeds) {
      const self = await selfId();
      if (delivered.size < facts.minProviders) {
        throw new OnionError('GROUP_TOO_SMALL', `${delivered.size} deliveries are too few to hide each one.`, {
          fault: 'peer',
        });
      }
      const format = formatOf(request);
      const total = new Uint32Array(facts.parameterCount);
      for (const words of delivered.values()) for (let at = 0; at < total.length; at++) total[at] += words[at];
      // The keystreams of the whole group cancel. Add this party's own, without those it shares with the missing …
      const survivors = [...delivered.keys()];
      const missing = request.orders.map(({ provider }) => provider).filter((id) => !delivered.has(id));
      mask(total, request, self, missing);
      // … and take off what the survivors share with the missing.
      for (const gone of missing) {
        for (const helper of neighboursOf(request, gone).filter((id) => survivors.includes(id))) {
          const given = seeds.find((seed) => seed.helper === helper && seed.missing === gone);
          if (given === undefined) {
            throw new OnionError('SEED_MISSING', `Party ${helper} did not help to sum without party ${gone}.`, {
              fault: 'peer',
            });
          }
          addKeystream(total, given.seed, maskSign(gone, helper), format.bits);
        }
      }
      return decodeFixedSum(total, format);
    },
  };
}
