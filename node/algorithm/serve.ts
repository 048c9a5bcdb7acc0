/**
 * What a party gives when others ask, and what it refuses.
 * @module
 */
import { DppdlError } from '../errors.ts';
import { blobRefusal, type RoundFacts, seedRefusal } from '../onion/disclosure.ts';
import type { PartyId, Samples } from '../types.ts';
import { AlgorithmError } from './errors.ts';
import { type Member, selfOf } from './member.ts';
import type { ModelShelf } from './modelShelf.ts';
import type { ExchangeHandlers, Release } from './ports.ts';
import { decodeSamples } from './publication.ts';
import { pickRows } from './rating.ts';
import { sumsOf } from './sums.ts';

/** Creates the handlers of one party. */
export function createHandlers(member: Member, models: ModelShelf): ExchangeHandlers {
  const { envelopes, exchange, learner, ledger, store, consortium } = member;

  /** Others' samples, fetched once and checked against their INIT. */
  const samplesByOwner = new Map<PartyId, Promise<Samples>>();
  const samplesOf = (owner: PartyId): Promise<Samples> => {
    const known = samplesByOwner.get(owner);
    if (known !== undefined) return known;
    const fetched = fetchSamples(owner);
    samplesByOwner.set(owner, fetched);
    fetched.catch(() => samplesByOwner.delete(owner));
    return fetched;
  };
  const fetchSamples = async (owner: PartyId): Promise<Samples> => {
    const { parties, deadline } = await ledger.state();
    const bytes = await exchange.samples(owner, member.clock.until(deadline));
    return decodeSamples(bytes, consortium.inputs.shape, parties[owner].samplesHash);
  };

  const recordLabels = async (release: Release): Promise<void> => {
    try {
      await member.releases.labels(release);
    } catch (cause) {
      if (!(cause instanceof DppdlError) || cause.code !== 'OUT_OF_BUDGET') throw cause;
      throw new AlgorithmError('REFUSED', cause.message, { fault: 'peer', cause });
    }
  };

  const roundFacts = async (round: number): Promise<RoundFacts> => {
    // The ledger's place is read first: orders and deliveries read after it can only be more complete.
    const now = await ledger.state();
    const [orders, deliveries] = await Promise.all([ledger.orders(round), ledger.deliveries(round)]);
    return { round, now, orders, deliveries, minProviders: member.facts.minProviders };
  };

  return {
    async samples() {
      const publication = await store.publication();
      if (publication === undefined) throw notReady('Samples are not generated yet.');
      return publication.bytes;
    },

    async labels(requester, round, indices) {
      const { parties } = await ledger.state();
      if (!parties[requester].credible) throw refused('Labels are for credible parties.');
      const rows = pickRows(await samplesOf(requester), indices);
      const model = await models.at(round);
      await recordLabels({ round, to: requester, count: indices.length });
      return await learner.label(model, rows);
    },

    async blob(requester, round) {
      const refusal = blobRefusal(await roundFacts(round), await selfOf(member), requester);
      if (refusal !== undefined) throw refused(`The blob of round ${round} is not given: ${refusal}.`);
      const blob = (await store.blobs(round))?.get(requester);
      if (blob === undefined) throw refused(`There is no blob of round ${round} for party ${requester}.`);
      return blob;
    },

    async maskSeed(requester, round, missing) {
      const request = (await sumsOf(member, await ledger.state(), round)).get(requester);
      if (request === undefined) throw refused(`Party ${requester} has no sum in round ${round}.`);
      const parties = { self: await selfOf(member), requester, missing };
      const refusal = seedRefusal(await roundFacts(round), parties, envelopes.graph(request));
      if (refusal === 'NOT_OVER') throw notReady(`Deliveries of round ${round} are not over.`);
      if (refusal !== undefined) throw refused(`The seed of round ${round} is not given: ${refusal}.`);
      return await envelopes.seed(request, missing);
    },
  };
}

function refused(message: string): AlgorithmError {
  return new AlgorithmError('REFUSED', message, { fault: 'peer' });
}

function notReady(message: string): AlgorithmError {
  return new AlgorithmError('NOT_READY', message, { fault: 'peer' });
}
