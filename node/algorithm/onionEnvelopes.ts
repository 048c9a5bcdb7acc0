/**
 * Algorithm 3 and §4.2.2 put together: gradients in fixed point, masked so that only their sum opens, in two more
 * layers of encryption.
 * @module
 */
import type { Consortium } from '../consortium.ts';
import { decodeFixedSum, type FixedPoint, fixedPointFor, isPlausibleSum } from '../gradient/fixedPoint.ts';
import { shareGradient, wordsOf } from '../gradient/shared.ts';
import { type BlobFacts, commitment, createRoundKey, openWithKey, peel, wrap } from '../onion/blob.ts';
import { OnionError } from '../onion/errors.ts';
import { maskGraph } from '../onion/graph.ts';
import { addKeystream, maskSeed, maskSign } from '../onion/keystream.ts';
import { openSum } from '../onion/sum.ts';
import { secureBytes } from '../random.ts';
import type { ExchangeContext, Party, PartyId } from '../types.ts';
import type { Envelopes, SumRequest } from './envelopes.ts';
import type { Keys, Ledger, LedgerFacts } from './ports.ts';
import { countOf, entriesOf } from './sums.ts';

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
  // deviation: the paper's group is all of C; whoever was not ordered from has nothing to send.
  const groupOf = ({ requester, orders }: SumRequest): PartyId[] =>
    [requester.id, ...orders.map(({ provider }) => provider)].sort((a, b) => a - b);
  const graphOf = (request: SumRequest) =>
    maskGraph(groupOf(request), request.requester.id, contextOf(request), request.beacon);
  /** X25519 with another party. @throws OnionError `INVALID_KEY` (fault peer) for a key with which nothing can be agreed. */
  const agreeWith = ({ id, maskKey }: Party): Uint8Array => {
    try {
      return keys.agree(maskKey);
    } catch (cause) {
      throw new OnionError('INVALID_KEY', `Nothing can be agreed with the mask key of party ${id}.`, {
        fault: 'peer',
        cause,
      });
    }
  };
  const seedWith = (request: SumRequest, self: PartyId, other: PartyId): Uint8Array => {
    const shared = agreeWith(request.parties[other]);
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
  return {
    accepts(party) {
      try {
        agreeWith(party).fill(0);
        return true;
      } catch (error) {
        if (error instanceof OnionError) return false;
        throw error;
      }
    },
    async isKeyed({ parties }) {
      return Buffer.compare(parties[await selfId()].maskKey, keys.maskKey) === 0;
    },
    createRoundKey,
    commitment,

    async seal(request, gradient) {
      const self = await selfId();
      const { round, clamp, parties } = request;
      const { levels } = aggregation;
      const { bits } = formatOf(request);
      const shared = shareGradient(gradient, { round, provider: self, cap: parties[self].cap, clamp, levels });
      const words = wordsOf(shared, countOf(request, self), bits);
      for (const other of graphOf(request)(self)) {
        const seed = seedWith(request, self, other);
        addKeystream(words, seed, maskSign(self, other), bits);
        seed.fill(0);
      }
      const key = secureBytes(32);
      return { blob: await wrap(words, request.encryptionKey, blobFacts(request, self), key), key };
    },

    open: (request, provider, blob, key) => peel(blob, key, blobFacts(request, provider)),

    async opens(request, provider, { blob, key }) {
      try {
        await openWithKey(blob, key, request.encryptionKey, blobFacts(request, provider));
        return true;
      } catch (error) {
        if (error instanceof OnionError && error.code === 'AUTH_FAILED') return false;
        throw error;
      }
    },

    graph: graphOf,

    async seed(request, missing) {
      return seedWith(request, await selfId(), missing);
    },

    async sum(request, delivered, seeds) {
      const self = await selfId();
      const format = formatOf(request);
      const total = openSum({
        requester: self,
        providers: request.orders.map(({ provider }) => provider),
        delivered,
        neighboursOf: graphOf(request),
        ownSeed: (provider) => seedWith(request, self, provider),
        recovered: seeds,
        minProviders: facts.minProviders,
        bits: format.bits,
      });
      if (!isPlausibleSum(total, format, delivered.size, entriesOf(request, delivered.keys()))) {
        throw new OnionError('IMPLAUSIBLE', 'The sum is none that honest providers could have given.', {
          fault: 'peer',
        });
      }
      return decodeFixedSum(total, format);
    },
  };
}
