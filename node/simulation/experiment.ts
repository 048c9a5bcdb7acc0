/**
 * One experiment: a framework in a setting, from a seed to the accuracies of all parties.
 * @module
 */
import type { Learner, NodeEvent, SampleGenerator } from '../algorithm/ports.ts';
import type { Consortium } from '../consortium.ts';
import type { Partition } from '../dataset/shard.ts';
import type { RunSummary } from '../report/summary.ts';
import type { Examples, PartyId } from '../types.ts';
import { type Behaviour, spoilExamples } from './behaviour.ts';
import { trainCentrally } from './centralized.ts';
import { trainByTurns } from './distributed.ts';
import type { ExamplePool } from './pool.ts';
import { formParties, type Setting } from './setting.ts';
import { simulate } from './simulate.ts';
import { trainAlone } from './standalone.ts';
import type { FrameworkOptions, Measurement } from './training.ts';

/** What is compared (§5.2). */
export const frameworks = ['dppdl', 'standalone', 'centralized', 'distributed'] as const;
/** See {@link frameworks}. */
export type Framework = (typeof frameworks)[number];

/** One experiment. */
export interface ExperimentOptions {
  readonly framework: Framework;
  readonly setting: Setting;
  readonly parties: number;
  readonly seed: number;
  readonly consortium: Consortium;
  readonly train: ExamplePool;
  readonly test: Examples;
  readonly learner: Learner;
  /** Makes the samples; the node's generator for small data unless told. */
  readonly generator?: SampleGenerator;
  /** What parties do beside following the protocol, by id. */
  readonly behaviours?: ReadonlyMap<PartyId, Behaviour>;
  /** Run the real onion; only for `dppdl`. */
  readonly secure?: boolean;
  readonly isMeasured?: (round: number) => boolean;
  readonly onEvent?: (party: PartyId, event: NodeEvent) => void;
  readonly signal?: AbortSignal;
}

/** One party of an outcome. */
export interface PartyOutcome {
  readonly examples: number;
  readonly sharingLevel: number;
  readonly behaviour: Behaviour['kind'];
  /** The round in which it was voted out, 0 for the benchmark; null if it was not. */
  readonly removed: number | null;
  /** Test accuracy after the last round, and of the same training with no exchange; null where not measured. */
  readonly accuracy: number | null;
  readonly alone: number | null;
}

/** What came of an experiment. */
export interface Outcome {
  /** How the data were shared out; rows are left out. */
  readonly partition: Omit<Partition, 'shards'>;
  readonly parties: readonly PartyOutcome[];
  /** Accuracies after measured rounds: the best and the mean of the honest parties. */
  readonly curve: readonly { readonly round: number; readonly best: number; readonly mean: number }[];
  /** Mean bytes that a party sent in the last round; null without the onion, or with one round only. */
  readonly bytesPerRound: number | null;
  /** The run in full; of `dppdl` alone. */
  readonly summary: RunSummary | undefined;
}

/** Runs an experiment. @throws what a party throws, DatasetError `BAD_PARTITION`. */
export async function runExperiment(options: ExperimentOptions): Promise<Outcome> {
  const { framework, setting, seed, behaviours = new Map() } = options;
  const { parties, partition } = formParties(setting, options.parties, options.train, seed);
  const behaviourOf = (id: PartyId): Behaviour => behaviours.get(id) ?? { kind: 'honest' };
  const { shards: _, ...split } = partition;
  if (framework === 'dppdl') {
    const run = parties.map((party, id) => ({ ...party, behaviour: behaviourOf(id) }));
    const { summary } = await simulate({ ...options, parties: run });
    return outcomeOf(summary, split, behaviourOf, options.secure === true);
  }
  const shards = parties.map(({ examples }, id) => spoilExamples(examples, behaviourOf(id), seed * 1000 + id));
  const measurements = await trainers[framework]({ ...options, shards });
  const last = measurements.at(-1)?.accuracies ?? [];
  return {
    partition: split,
    // One central model is everybody's.
    parties: parties.map(({ sharingLevel }, id) => ({
      examples: shards[id].labels.length,
      sharingLevel,
      behaviour: behaviourOf(id).kind,
      removed: null,
      accuracy: last.length === 1 ? last[0] : last[id],
      alone: null,
    })),
    curve: measurements.flatMap(({ round, accuracies }) => {
      const counted =
        accuracies.length === 1 ? accuracies : accuracies.filter((_, id) => behaviourOf(id).kind === 'honest');
      return counted.length === 0 ? [] : [{ round, ...bestAndMean(counted) }];
    }),
    bytesPerRound: null,
    summary: undefined,
  };
}

const trainers: Record<Exclude<Framework, 'dppdl'>, (options: FrameworkOptions) => Promise<Measurement[]>> = {
  standalone: trainAlone,
  centralized: trainCentrally,
  distributed: trainByTurns,
};

const bestAndMean = (values: readonly number[]) => ({
  best: Math.max(...values),
  mean: values.reduce((sum, value) => sum + value, 0) / values.length,
});

function outcomeOf(
  summary: RunSummary,
  partition: Outcome['partition'],
  behaviourOf: (id: PartyId) => Behaviour,
  secure: boolean,
): Outcome {
  const removedIn = new Map(summary.removals.map(({ party, round }) => [party, round]));
  const measured = new Map<number, number[]>();
  for (const { id, rounds } of summary.parties) {
    if (behaviourOf(id).kind !== 'honest') continue;
    for (const { round, accuracy } of rounds) {
      if (accuracy !== null) measured.set(round, [...(measured.get(round) ?? []), accuracy]);
    }
  }
  const sent = summary.parties.map(({ rounds }) => (rounds.at(-1)?.bytesSent ?? 0) - (rounds.at(-2)?.bytesSent ?? 0));
  return {
    partition,
    parties: summary.parties.map((party) => ({
      examples: party.examples,
      sharingLevel: party.sharingLevel,
      behaviour: behaviourOf(party.id).kind,
      removed: removedIn.get(party.id) ?? null,
      accuracy: party.accuracy,
      alone: party.accuracyAlone,
    })),
    curve: [...measured]
      .sort(([a], [b]) => a - b)
      .map(([round, accuracies]) => ({ round, ...bestAndMean(accuracies) })),
    bytesPerRound: !secure || summary.rounds < 2 ? null : sent.reduce((sum, bytes) => sum + bytes, 0) / sent.length,
    summary,
  };
}
