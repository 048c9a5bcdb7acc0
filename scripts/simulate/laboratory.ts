/**
 * Carries out requests one after the other, and keeps what the next one needs too: data and kernels.
 * @module
 */
import { readConsortium } from '../../node/config.ts';
import { type Consortium, consortiumSchema } from '../../node/consortium.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { type Behaviour, spoils } from '../../node/simulation/behaviour.ts';
import { type ExperimentOptions, type Outcome, runExperiment } from '../../node/simulation/experiment.ts';
import type { PartyId } from '../../node/types.ts';
import { demoConsortium } from '../demo/prepare.ts';
import { type ExperimentData, readData } from './data.ts';
import { SimulateError } from './errors.ts';
import { behaviourUsage, parseBehaviour, type Request } from './request.ts';

/** Rounds where nobody says how many. Up to 15 parties 30 of two local epochs do as well as 60 of one, with half of the messages. */
const ROUNDS = 30;
/** What the CNN has instead of the default. At the MLP's .1 it diverged in central training with seed 12 of 11 and 12. */
const CNN = { kind: 'cnn', channels: 1 } as const;
const CNN_LEARNING_RATE = { from: 0.05, to: 0.02 };

/** The consortium file a request asks for. @throws SimulateError `BAD_REQUEST`, ConfigError. */
export async function consortiumOf(request: Request): Promise<Consortium> {
  const { consortium: file, model, rounds, set } = request;
  const ours = demoConsortium({ rounds: rounds ?? ROUNDS });
  const base: unknown =
    file === undefined
      ? {
          ...ours,
          ...(model === 'cnn' && { model: CNN, training: { ...ours.training, learningRate: CNN_LEARNING_RATE } }),
        }
      : { ...(await readConsortium(file)), ...(rounds !== undefined && { rounds }) };
  const changed = Object.entries(set).reduce((value, [path, entry]) => withEntry(value, path.split('.'), entry), base);
  const checked = consortiumSchema.safeParse(changed);
  if (checked.success) return checked.data;
  const [{ path, message }] = checked.error.issues;
  throw new SimulateError('BAD_REQUEST', `The consortium cannot be so: ${path.join('.')}: ${message}.`, {
    action: 'Correct --set or --rounds.',
  });
}

/** A copy of an object with the entry at `path` replaced. */
function withEntry(value: unknown, [key, ...rest]: readonly string[], entry: unknown): unknown {
  const inner = typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
  return { ...inner, [key]: rest.length === 0 ? entry : withEntry(inner[key], rest, entry) };
}

/** See {@link createLaboratory}. */
export interface Laboratory {
  run(
    request: Request,
    hooks?: Pick<ExperimentOptions, 'onEvent' | 'signal'>,
  ): Promise<Outcome & { readonly consortium: Consortium }>;
  close(): Promise<void>;
}

/**
 * Creates a laboratory.
 * @param threads - training threads; 0 trains on this one.
 */
export function createLaboratory(threads: number): Laboratory {
  const data = new Map<string, Promise<ExperimentData>>();
  const learners = new Map<string, ReturnType<typeof createLearner>>();
  /** What `key` names, made the first time. */
  const once = <Value>(made: Map<string, Value>, key: unknown, make: () => Value): Value => {
    const text = JSON.stringify(key);
    const value = made.get(text) ?? make();
    made.set(text, value);
    return value;
  };

  return {
    async run(request, hooks = {}) {
      const consortium = await consortiumOf(request);
      const { inputs, model } = consortium;
      const { topology } = request;
      checkTopology(model, topology);
      const { train, test } = await once(data, [request.data, inputs], () => readData(request.data, inputs));
      const learner = await once(learners, [model, inputs, topology], () =>
        createLearner(model, inputs, { threads, topology }),
      );
      const outcome = await runExperiment({
        ...hooks,
        framework: request.framework,
        setting: request.setting,
        parties: request.parties,
        seed: request.seed,
        secure: request.secure,
        behaviours: behavioursOf(request),
        isMeasured: (round) => round % request.measureEvery === 0,
        consortium,
        train,
        test,
        learner,
      });
      return { ...outcome, consortium };
    },
    async close() {
      for (const learner of learners.values()) await (await learner).close();
    },
  };
}

/** A developer's model needs its topology, and no other takes one. */
function checkTopology({ kind }: Consortium['model'], topology: string | undefined): void {
  if ((kind === 'layers') === (topology !== undefined)) return;
  throw kind === 'layers'
    ? new SimulateError('BAD_REQUEST', 'The consortium brings a model of its own, and its topology is not given.', {
        action: 'Give --topology with the model.json that all parties share.',
      })
    : new SimulateError('BAD_REQUEST', `A topology is given, but the consortium's model is of kind ${kind}.`, {
        action: 'Leave --topology out, or give --consortium with a model of kind layers.',
      });
}

function behavioursOf(request: Request): ExperimentOptions['behaviours'] & object {
  const behaviours = new Map<PartyId, Behaviour>();
  for (const text of request.misbehave) {
    const parsed = parseBehaviour(text);
    if (parsed === undefined) {
      throw new SimulateError('BAD_REQUEST', `"${text}" is no misbehaviour.`, { action: `Write ${behaviourUsage}.` });
    }
    const { party, behaviour } = parsed;
    if (party >= request.parties) {
      throw new SimulateError('BAD_REQUEST', `There is no party ${party} among ${request.parties}.`, {
        action: 'Parties are numbered from 0.',
      });
    }
    if (behaviours.has(party)) {
      throw new SimulateError('BAD_REQUEST', `Party ${party} is to misbehave in two ways.`, {
        action: 'Give one --misbehave for each party.',
      });
    }
    if (request.framework !== 'dppdl' && !spoils(behaviour)) {
      throw new SimulateError('BAD_REQUEST', `"${text}" means nothing to the framework ${request.framework}.`, {
        action: 'There only labels and the number of examples can be bad.',
      });
    }
    behaviours.set(party, behaviour);
  }
  return behaviours;
}
