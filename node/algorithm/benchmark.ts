/**
 * Algorithm 1, initial benchmarking: each party shows what its data are worth before anything is exchanged.
 * @module
 */
import { normaliseCredibility } from '../credibility/credibility.ts';
import type { PartyId } from '../types.ts';
import { trainingExamples } from './acceptance.ts';
import {
  accuracyOf,
  credibleOthers,
  type Member,
  normaliseOverCredible,
  purposes,
  seedFor,
  waitingShares,
  waitingSignal,
} from './member.ts';
import type { ModelShelf } from './modelShelf.ts';
import type { Checkpoint, Publication } from './ports.ts';
import { encodeSamples, publishedRows, samplesHash } from './publication.ts';
import { ownSamples, rateOthers } from './rating.ts';
import { report } from './reporting.ts';

/**
 * Runs Algorithm 1 for one party, up to the state with which the first round starts. Repeating it after a crash
 * publishes the same samples and, from the same data, trains the same model.
 * @param models - where this party's standalone model is offered for labelling the others' samples.
 */
export async function benchmark(member: Member, models: ModelShelf, signal: AbortSignal): Promise<Checkpoint> {
  const { consortium, learner, ledger } = member;

  // 1: pre-train a-priori models: the standalone model M_i and the sample generator.
  const w0 = learner.initialise(consortium.seed);
  const standalone = await trainStandalone(member);
  const publication = await publishedSamples(member);

  // 2: privacy level initialisation: λ_i = u_i / |D_i|.
  const self = (await joined(member, publication)) ?? (await register(member, publication));
  const stated = (await ledger.state()).parties[self];
  member.observe({
    type: 'registered',
    party: self,
    samples: stated.samples,
    sharingLevel: stated.samples / stated.examples,
    privacy: publication.privacy,
  });
  models.put(0, standalone);

  // 3: local credibility initialisation: c_i^j = m_j / u_i. Who joins later ("a new init block") is not in C until the
  // next round and gets no labels before; it starts with the same credibility for all and its own model.
  const state = await ledger.reached(0, 'benchmark', signal);
  const isLate = state.round > 0;
  const isPending = !state.parties[self].credible;
  const others = credibleOthers(state, self);
  const samples = ownSamples(member, publication);
  const inTime = waitingSignal(member, state, waitingShares.labels, signal);
  const rating = isLate || isPending ? undefined : await rateOthers(member, state, 0, samples, standalone, inTime);
  // A node that is being stopped has not found the others silent.
  signal.throwIfAborted();

  // 4: local credibility normalisation and reports. Saved before it is reported, so that a restart loses nothing.
  const everyone = others.map((party) => party.id);
  const silent = rating?.silent ?? [];
  const heard = everyone.filter((id) => !silent.includes(id));
  // deviation: who gave no labels is not rated by them; it has an equal share until it is heard or silent for too long.
  const share = heard.reduce((sum, id) => sum + (rating?.credibility[id] ?? 0), 0) / Math.max(1, heard.length);
  const raw = state.parties.map(({ id }) => (silent.includes(id) ? share : (rating?.credibility[id] ?? 0)));
  // deviation: a consortium may start the rounds from w0 again, because steps on top of trained models diverge.
  const start = consortium.training.restart && !isLate ? w0 : standalone;
  const checkpoint: Checkpoint = {
    round: state.round,
    parameters: start,
    alone: start,
    credibility: normaliseCredibility(raw, everyone),
    silence: state.parties.map(({ id }) => (silent.includes(id) ? 1 : 0)),
  };
  await member.store.saveCheckpoint(checkpoint);
  const reported = isLate ? [] : await report(member, checkpoint);

  // 5: credible party set: the ledger removes whom the majority reported; step 4 again over those who stay.
  const settled = await ledger.reached(state.round + 1, 'order', signal);
  for (const party of state.parties) {
    if (!party.credible || settled.parties[party.id].credible) continue;
    member.observe({ type: 'removed', round: state.round, party: party.id });
  }
  // 6: points initialisation, p_i = λ_i·|w|·(n − 1), is the ledger's.
  const credibility = normaliseOverCredible(checkpoint.credibility, settled, self);
  const accuracy = await accuracyOf(member, standalone);
  member.observe({ type: 'benchmarked', party: self, accuracy, credibility, reported });
  return checkpoint;
}

/** M_i, the model with which this party labels in round 0; the same whenever it is trained. */
export function trainStandalone(member: Member): Promise<Float32Array> {
  const { consortium, learner, seed } = member;
  const training = { ...consortium.benchmark, seed: seedFor(seed, 0, purposes.training) };
  return learner.train(learner.initialise(consortium.seed), trainingExamples(member), training);
}

/** Generates the samples once; after a restart those already published are used again. */
async function publishedSamples(member: Member): Promise<Publication> {
  const stored = await member.store.publication();
  if (stored !== undefined) return stored;
  // deviation: the paper releases u_i samples; more are published once and u_i of them rated each time (no privacy cost).
  const count = Math.max(member.sharedSamples, member.consortium.publishedSamples);
  const { samples, privacy } = await member.generator.generate(member.examples, count);
  const publication = { bytes: encodeSamples(samples), privacy };
  await member.store.savePublication(publication);
  return publication;
}

/** This party's id, if the ledger has it with these samples; a party that resigned comes back with new ones. */
async function joined({ ledger }: Member, publication: Publication): Promise<PartyId | undefined> {
  const self = await ledger.self();
  if (self === undefined) return undefined;
  const { samplesHash: stated } = (await ledger.state()).parties[self];
  return Buffer.compare(stated, samplesHash(publication.bytes)) === 0 ? self : undefined;
}

/** INIT: states who this party is, how much it has, how much it shares, and what its samples cost in privacy. */
async function register(member: Member, publication: Publication): Promise<number> {
  return await member.ledger.init({
    ...member.contact,
    maskKey: member.keys.maskKey,
    encryptionKey: member.keys.encryptionKey,
    examples: member.examples.labels.length,
    // What was published before a crash may be less than this party would share by now.
    samples: Math.min(member.sharedSamples, publishedRows(publication.bytes)),
    samplesHash: samplesHash(publication.bytes),
    privacy: publication.privacy,
  });
}
