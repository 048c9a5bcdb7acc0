/**
 * What a party gives when others ask, and what it refuses.
 * @module
 */
import { DppdlError } from '../errors.ts';
import { blobRefusal, type RoundFacts, seedRefusal } from '../onion/disclosure.ts';
import type { Party, PartyId, Samples } from '../types.ts';
import { type Copies, giveEvidence } from './claims/evidence.ts';
import { committedBlob } from './delivery.ts';
import { AlgorithmError } from './errors.ts';
import { type Member, selfOf } from './member.ts';
import type { ModelShelf } from './modelShelf.ts';
import type { ExchangeHandlers } from './ports.ts';
import { decodeSamples, inputSize } from './publication.ts';
import { sumsOf } from './sums.ts';

/**
 * Creates the handlers of one party.
 * @param copies - others' blobs that this party holds as evidence.
 */
export function createHandlers(member: Member, models: ModelShelf, copies: Copies): ExchangeHandlers {
  const { envelopes, exchange, learner, ledger, store, consortium } = member;

  /** Others' samples, fetched once for each INIT and checked against it. */
  const samplesByOwner = new Map<PartyId, { readonly hash: Uint8Array; readonly samples: Promise<Samples> }>();
  const samplesOf = (owner: Party): Promise<Samples> => {
    const known = samplesByOwner.get(owner.id);
    if (known !== undefined && Buffer.compare(known.hash, owner.samplesHash) === 0) return known.samples;
    const samples = fetchSamples(owner);
    samplesByOwner.set(owner.id, { hash: owner.samplesHash, samples });
    samples.catch(() => samplesByOwner.delete(owner.id));
    return samples;
  };
  const fetchSamples = async (owner: Party): Promise<Samples> => {
    const { deadline } = await ledger.state();
    const bytes = await exchange.samples(owner.id, member.clock.until(deadline));
    // Not u, which a party may state lower later without publishing anew.
    const rows = Math.max(owner.examples, consortium.publishedSamples);
    return decodeSamples(bytes, consortium.inputs.shape, owner.samplesHash, rows);
  };

  /** Last answer to each requester, so that asking again costs nothing and tells nothing new. */
  const answered = new Map<PartyId, { round: number; asked: string; labels: Promise<Uint8Array> }>();
  const labelRows = async (requester: Party, round: number, indices: Uint32Array): Promise<Uint8Array> => {
    const { inputs, shape } = await samplesOf(requester);
    const published = inputs.length / inputSize(shape);
    if (indices.some((row) => row >= published)) throw refused(`There are ${published} published samples.`);
    const model = await models.at(round);
    try {
      await member.releases.labels({ round, to: requester.id, count: indices.length });
    } catch (cause) {
      if (!(cause instanceof DppdlError) || cause.code !== 'OUT_OF_BUDGET') throw cause;
      throw new AlgorithmError('REFUSED', cause.message, { fault: 'peer', cause });
    }
    return await learner.label(model, inputs, indices);
  };

  const roundFacts = async (round: number): Promise<RoundFacts> => {
    // Only an answer that shows the end of the deliver phase shows that a delivery is missing.
    const final = await ledger.finalDeliveries(round);
    const deliveries = final ?? (await ledger.deliveries(round));
    return {
      orders: await ledger.orders(round),
      deliveries,
      isFinal: final !== undefined,
      minProviders: member.facts.minProviders,
    };
  };

  return {
    async samples() {
      const publication = await store.publication();
      if (publication === undefined) throw notReady('Samples are not generated yet.');
      return publication.bytes;
    },

    async labels(requester, round, indices) {
      const party = (await ledger.state()).parties[requester];
      if (!party.credible) throw refused('Labels are for credible parties.');
      // One set of rows a round, as many as the requester's u when it began: enough to rate, too few to copy the model.
      const stated = (await ledger.atStart(round)).get(requester) ?? party;
      const isAscending = indices.every((row, place) => place === 0 || row > indices[place - 1]);
      if (indices.length === 0 || indices.length > stated.samples || !isAscending) {
        throw refused(`Labels are given for 1 to ${stated.samples} different rows.`);
      }
      const asked = Buffer.from(indices.buffer, indices.byteOffset, indices.byteLength).toString('base64');
      const before = answered.get(requester);
      if (before?.round === round && before.asked === asked) return await before.labels;
      if (before !== undefined && before.round >= round) throw refused(`Labels of round ${before.round} were given.`);
      const answer = { round, asked, labels: labelRows(party, round, indices) };
      answered.set(requester, answer);
      answer.labels.catch(() => {
        if (answered.get(requester) === answer) answered.delete(requester);
      });
      return await answer.labels;
    },

    async blob(requester, round) {
      const [facts, self] = await Promise.all([roundFacts(round), selfOf(member)]);
      const refusal = blobRefusal(facts, self, requester);
      if (refusal !== undefined) throw refused(`The blob of round ${round} is not given: ${refusal}.`);
      const delivery = facts.deliveries.find((line) => line.provider === self && line.requester === requester);
      const blob = delivery && (await committedBlob(member, round, delivery));
      if (blob === undefined) throw refused(`There is no blob of round ${round} for party ${requester}.`);
      return blob;
    },

    async maskSeed(requester, round, missing) {
      const request = (await sumsOf(member, await ledger.state(), round)).get(requester);
      if (request === undefined) throw refused(`Party ${requester} has no sum in round ${round}.`);
      if (!(await envelopes.isKeyed(request))) throw refused(`This party changed its keys in round ${round}.`);
      const parties = { self: await selfOf(member), requester, missing };
      const refusal = seedRefusal(await roundFacts(round), parties, envelopes.graph(request));
      if (refusal === 'NOT_OVER') throw notReady(`Deliveries of round ${round} are not over.`);
      if (refusal !== undefined) throw refused(`The seed of round ${round} is not given: ${refusal}.`);
      return await envelopes.seed(request, missing);
    },

    evidence: (asking, place) => giveEvidence(member, copies, asking, place),
  };
}

function refused(message: string): AlgorithmError {
  return new AlgorithmError('REFUSED', message, { fault: 'peer' });
}

function notReady(message: string): AlgorithmError {
  return new AlgorithmError('NOT_READY', message, { fault: 'peer' });
}
