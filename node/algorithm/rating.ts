/**
 * Mutual evaluation: the others label this party's samples, and each is rated by how well it agrees with the majority
 * (Algorithm 1, line 3; repeated in every round by Algorithm 2, line 4).
 * @module
 */
import { agreement, majorityLabels } from '../credibility/agreement.ts';
import { createSeededRandom } from '../random.ts';
import type { Party, PartyId, Samples } from '../types.ts';
import { AlgorithmError, codeOfOthersFault } from './errors.ts';
import { credibleOthers, type Member, purposes, seedFor, selfOf } from './member.ts';
import type { LedgerState, Publication } from './ports.ts';
import { decodeSamples, inputSize, samplesHash } from './publication.ts';

/** What one evaluation found. */
export interface Rating {
  /** c_i^j = m_j / u_i by party id, not normalised; 0 for those that did not answer. */
  readonly credibility: number[];
  /** Those that did not answer in time, or not with labels. */
  readonly silent: PartyId[];
}

/** Samples decoded before, by their publication. */
const decodedOwn = new WeakMap<Publication, Samples>();

/** This party's published samples, as everybody sees them. */
export function ownSamples({ consortium }: Member, publication: Publication): Samples {
  const { bytes } = publication;
  const samples = decodedOwn.get(publication) ?? decodeSamples(bytes, consortium.inputs.shape, samplesHash(bytes));
  decodedOwn.set(publication, samples);
  return samples;
}

/**
 * Rates the others of C on u_i of this party's published samples, drawn at random. u_i is as the ledger had it when the
 * round began: nobody labels more, and a restart with other data asks for the same rows.
 * @param state - the ledger in the phase of the rating.
 * @param samples - this party's published samples.
 * @param parameters - w_i, with which this party labels them itself.
 * @param signal - ends the wait for labels; who has not answered by then is silent.
 */
export async function rateOthers(
  member: Member,
  state: LedgerState,
  round: number,
  samples: Samples,
  parameters: Float32Array,
  signal: AbortSignal,
): Promise<Rating> {
  const self = await selfOf(member);
  const others = credibleOthers(state, self);
  const size = inputSize(samples.shape);
  const published = samples.inputs.length / size;
  const stated = (await member.ledger.atStart(round)).get(self) ?? state.parties[self];
  const indices = createSeededRandom(seedFor(member.seed, round, purposes.rating))
    .permutation(published)
    .slice(0, stated.samples)
    .sort();
  const own = await member.learner.label(parameters, samples.inputs, indices);
  const answers = await Promise.all(others.map((party) => labelsOf(member, party, round, indices, signal)));

  const votes = answers.filter((labels) => labels !== undefined);
  const majority = majorityLabels([own, ...votes], member.consortium.inputs.classes);
  const credibility: number[] = [];
  const silent: PartyId[] = [];
  others.forEach((party, index) => {
    const labels = answers[index];
    credibility[party.id] = labels === undefined ? 0 : agreement(labels, majority);
    if (labels === undefined) silent.push(party.id);
  });
  return { credibility: Array.from(credibility, (value) => value ?? 0), silent };
}

/** A party's labels, or undefined (with a warning) when it does not give them. */
async function labelsOf(
  member: Member,
  party: Party,
  round: number,
  indices: Uint32Array,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    const labels = await member.exchange.labels(party.id, round, indices, signal);
    if (labels.length !== indices.length) {
      throw new AlgorithmError(
        'BAD_LABELS',
        `Party ${party.id} sent ${labels.length} labels for ${indices.length} samples.`,
        {
          fault: 'peer',
        },
      );
    }
    return labels;
  } catch (error) {
    const code = codeOfOthersFault(error, signal);
    member.observe({ type: 'warning', round, code, party: party.id, message: 'Did not label the samples' });
    return undefined;
  }
}
