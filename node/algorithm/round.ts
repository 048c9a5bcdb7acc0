/**
 * Algorithm 2, privacy-preserving collaborative deep learning: one round of one party.
 * @module
 */
import { type Consortium, scheduleAt } from '../consortium.ts';
import { normaliseCredibility } from '../credibility/credibility.ts';
import { updateLiterally } from '../credibility/updates/literal.ts';
import { updateNormalised } from '../credibility/updates/normalised.ts';
import type { CredibilityUpdate } from '../credibility/updates/update.ts';
import type { Samples } from '../types.ts';
import { trainingExamples } from './acceptance.ts';
import { Arrivals } from './arrivals.ts';
import { forgetKeys } from './claims/answering.ts';
import { collectSum } from './collection.ts';
import { deliver } from './delivery.ts';
import {
  accuracyOf,
  credibleOthers,
  type Member,
  normaliseOverCredible,
  purposes,
  seedFor,
  selfOf,
  waitingShares,
  waitingSignal,
} from './member.ts';
import type { ModelShelf } from './modelShelf.ts';
import { order } from './ordering.ts';
import type { Checkpoint, LedgerState } from './ports.ts';
import { ownSamples, rateOthers } from './rating.ts';
import { report } from './reporting.ts';
import { updateParameters } from './updating.ts';

/** The consortium's credibility rules by name. */
const updates: Record<NonNullable<Consortium['credibility']['update']>, CredibilityUpdate> = {
  normalised: updateNormalised,
  literal: updateLiterally,
};

/**
 * Plays round t: order, train, deliver, add the others' sum, rate the others.
 * @param before - w_i and c_i at the end of the round before.
 * @param models - where the updated model is offered for labelling the others' samples.
 * @returns w_i′ and c_i′, saved.
 */
export async function playRound(
  member: Member,
  round: number,
  before: Checkpoint,
  models: ModelShelf,
  signal: AbortSignal,
): Promise<Checkpoint> {
  const { consortium, ledger, learner, observe, store } = member;
  const seconds = stopwatch(member);
  const announce = (state: LedgerState) =>
    observe({ type: 'phase', round: state.round, phase: state.phase, deadline: state.deadline });

  models.begin(round);
  // Local training gives Δw_i; it does not wait for the ledger.
  // deviation: the paper has one learning rate; a schedule lets the last rounds settle.
  const training = {
    epochs: consortium.training.localEpochs,
    batchSize: consortium.training.batchSize,
    learningRate: scheduleAt(consortium.training.learningRate, round, consortium.rounds),
    seed: seedFor(member.seed, round, purposes.training),
  };
  const trained = await learner.train(before.parameters, trainingExamples(member), training);
  const gradient = difference(trained, before.parameters);
  const alone = await learner.train(before.alone, member.examples, training);
  const train = seconds();

  // 1: points update: orders go to the ledger, their points to escrow.
  const ordering = await ledger.reached(round, 'order', signal);
  announce(ordering);
  const self = await selfOf(member);
  const ordered = await order(member, ordering, round, before.credibility);
  const delivering = await ledger.reached(round, 'deliver', signal);
  const ordersDone = seconds();

  // 2: three-layer onion-style encryption of what the others ordered; the commitments move the points.
  announce(delivering);
  const arrivals = new Arrivals(member, round);
  const [delivered, wanted] = [new AbortController(), new AbortController()];
  const gathering = arrivals.gather(
    AbortSignal.any([signal, delivered.signal]),
    AbortSignal.any([signal, wanted.signal]),
  );
  // It is waited for below; until then its failure is not one that nobody looks at.
  gathering.catch(() => undefined);
  await deliver(member, delivering, round, gradient);
  const evaluating = await ledger.reached(round, 'evaluate', signal).finally(() => delivered.abort());
  await gathering;
  const deliveriesDone = seconds();

  // 3: parameter update: w_i′ = w_i + Δw_i + Σ Δw̃_j, of which only the sum is ever seen.
  announce(evaluating);
  // Both signals start with the phase.
  const labelsInTime = waitingSignal(member, evaluating, waitingShares.labels, signal);
  const inTime = {
    blobs: waitingSignal(member, evaluating, waitingShares.blobs, signal),
    gradients: waitingSignal(member, evaluating, waitingShares.gradients, signal),
  };
  const stopWanting = () => wanted.abort(inTime.blobs.reason);
  inTime.blobs.addEventListener('abort', stopWanting, { once: true });
  const collection = await collectSum(member, evaluating, round, arrivals, inTime);
  inTime.blobs.removeEventListener('abort', stopWanting);
  // A node that is being stopped has not found the others silent: it plays this round again after its restart.
  signal.throwIfAborted();
  // Without a sum a round is local training.
  const { sum } = collection;
  const parameters =
    sum === undefined
      ? trained
      : await updateParameters(member, evaluating, round, before.parameters, { gradient, sum });
  models.put(round, parameters);

  // 4: local credibility update on freshly drawn samples, by the updated models.
  const others = credibleOthers(evaluating, self);
  const everyone = others.map((party) => party.id);
  const old = normaliseOverCredible(before.credibility, evaluating, self);
  const rating = await rateOthers(member, evaluating, round, await publishedBy(member), parameters, labelsInTime);
  signal.throwIfAborted();
  const { fade, update = 'normalised' } = consortium.credibility;
  const { credibility: fresh, silent } = rating;
  const faded = updates[update]({ old, fresh, others: everyone, silent, fade });
  // deviation: who was paid for a wrong blob is reported, and not ordered from in the next round.
  for (const provider of collection.broken) faded[provider] = 0;
  // deviation: who does not label keeps its credibility, and is reported only after several rounds of silence.
  const unheard = [...silent, ...collection.unreachable];
  const silence = evaluating.parties.map(({ id }) => (unheard.includes(id) ? (before.silence[id] ?? 0) + 1 : 0));

  // 5: local credibility normalisation and reports. Saved before it is reported, so that a restart loses nothing.
  const credibility = normaliseCredibility(faded, everyone);
  const after: Checkpoint = { round, parameters, alone, credibility, silence };
  await store.saveCheckpoint(after);
  await store.dropRoundKeys(round + 1);
  // Nothing of the round before can be claimed any more, even if this party's endpoint is a little behind.
  await forgetKeys(member, round);
  const reported = await report(member, after);

  // 6: credible party set: the ledger removes whom the majority reported; step 5 again over those who stay.
  const settled = await ledger.reached(round + 1, 'order', signal);
  for (const party of evaluating.parties) {
    if (party.credible && !settled.parties[party.id].credible) observe({ type: 'removed', round, party: party.id });
  }

  const shown = member.isMeasured?.(round) === false ? { ...member, test: undefined } : member;
  const [accuracy, accuracyAlone] = [await accuracyOf(shown, parameters), await accuracyOf(shown, alone)];
  const traffic = member.exchange.traffic();
  observe({
    type: 'round',
    party: self,
    round,
    accuracy,
    accuracyAlone,
    points: settled.parties[self].points.toString(),
    ordered: ordered.reduce((sum, { count }) => sum + count, 0),
    received: collection.entries,
    missing: collection.missing,
    skipped: collection.sum === undefined,
    credibility: normaliseOverCredible(credibility, settled, self),
    reported,
    bytesSent: traffic.sent,
    bytesReceived: traffic.received,
    seconds: { train, order: ordersDone, deliver: deliveriesDone, evaluate: seconds() },
  });
  return after;
}

/** after − before; float32 [D]. */
function difference(after: Float32Array, before: Float32Array): Float32Array {
  const values = new Float32Array(after.length);
  for (let index = 0; index < values.length; index++) values[index] = after[index] - before[index];
  return values;
}

/** @throws TypeError before the benchmark: a programming error. */
async function publishedBy(member: Member): Promise<Samples> {
  const publication = await member.store.publication();
  if (publication === undefined) throw new TypeError('A round needs published samples.');
  return ownSamples(member, publication);
}

/** Seconds since the last call. */
function stopwatch(member: Member): () => number {
  let last = member.clock.now();
  return () => {
    const now = member.clock.now();
    const elapsed = now - last;
    last = now;
    return elapsed;
  };
}
