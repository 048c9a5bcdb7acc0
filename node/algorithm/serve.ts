/**
 * What a party gives when others ask, and what it refuses.
 * @module
 */
import type { PartyId, Samples } from '../types.ts';
import { AlgorithmError } from './errors.ts';
import { type Member, selfOf } from './member.ts';
import type { ModelShelf } from './modelShelf.ts';
import type { ExchangeHandlers } from './ports.ts';
import { decodeSamples } from './publication.ts';
import { pickRows } from './rating.ts';
import { countOf, sumsOf } from './sums.ts';

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
      return await learner.label(await models.at(round), rows);
    },

    async blob(requester, round) {
      const blob = (await store.blobs(round))?.get(requester);
      if (blob === undefined) throw refused(`There is no blob of round ${round} for party ${requester}.`);
      return blob;
    },

    async maskSeed(requester, round, missing) {
      // A seed given while the missing party may still deliver, or after it has, would bare what it gave.
      const state = await ledger.state();
      const self = await selfOf(member);
      const over =
        state.round > round || (state.round === round && state.phase === 'evaluate') || state.phase === 'closed';
      if (!over) throw notReady(`Deliveries of round ${round} are not over.`);
      const request = (await sumsOf(member, state, round)).get(requester);
      if (request === undefined || countOf(request, missing) === 0) throw refused(`Party ${missing} was not asked.`);
      const delivered = (await ledger.deliveries(round)).filter((delivery) => delivery.requester === requester);
      if (delivered.some(({ provider }) => provider === missing)) throw refused(`Party ${missing} has delivered.`);
      if (!delivered.some(({ provider }) => provider === self)) throw refused('This party has not delivered itself.');
      if (delivered.length < member.facts.minProviders) throw refused('Too few have delivered.');
      return envelopes.seed(request, missing);
    },
  };
}

function refused(message: string): AlgorithmError {
  return new AlgorithmError('REFUSED', message, { fault: 'peer' });
}

function notReady(message: string): AlgorithmError {
  return new AlgorithmError('NOT_READY', message, { fault: 'peer' });
}
