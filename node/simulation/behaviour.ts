/**
 * What a party of a simulation does beside following the protocol: low quality, attacks and lies. Each is a change to
 * the party's own data or ports, so that the algorithm runs as it is.
 * @module
 */
import type { Envelopes } from '../algorithm/envelopes.ts';
import type { Member } from '../algorithm/member.ts';
import type { Exchange, Ledger } from '../algorithm/ports.ts';
import { createSeededRandom, type SeededRandom } from '../random.ts';
import type { Examples, PartyId } from '../types.ts';

/** What a party may do. */
export type Behaviour =
  | { readonly kind: 'honest' }
  /** Each label y is replaced by (classes − 1 − y), or by a random one; of a share of the examples. */
  | { readonly kind: 'flippedLabels' | 'randomLabels'; readonly share?: number }
  /** Has only so many of its examples, and states that or another number, at least the samples it shares. */
  | { readonly kind: 'fewExamples'; readonly count: number; readonly stated?: number }
  /** Answers requests for labels at random, or always with class 0. */
  | { readonly kind: 'randomAnswers' | 'constantAnswers' }
  /** Gives others noise of its gradient's size, its gradient reversed or multiplied, or nothing. */
  | { readonly kind: 'noiseGradient' | 'signFlippedGradient' | 'zeroGradient' }
  | { readonly kind: 'scaledGradient'; readonly factor: number }
  /**
   * With all others that do so: labels outsiders' samples wrong in the same way, so that the majority may follow, and
   * reports every outsider and no insider.
   */
  | { readonly kind: 'collude' }
  /** States so many times its real number of examples; its sharing level falls. */
  | { readonly kind: 'overstatedData'; readonly factor: number }
  /** States that it has, shares and publishes samples of, so many times its real number; its sharing level stays. */
  | { readonly kind: 'overstatedSamples'; readonly factor: number }
  /** Joins when this round begins; only the last parties of a simulation may. */
  | { readonly kind: 'lateJoin'; readonly round: number }
  /** Stops for good before delivering in this round. */
  | { readonly kind: 'dropOut'; readonly round: number };

/** Whether a behaviour is a matter of the examples alone, and so means something without an exchange, too. */
export function spoils(behaviour: Behaviour): boolean {
  if (behaviour.kind === 'fewExamples') return behaviour.stated === undefined;
  return behaviour.kind === 'flippedLabels' || behaviour.kind === 'randomLabels';
}

/** By how much a party exceeds the number of samples that its sharing level allows. */
export function boastOf(behaviour: Behaviour): number {
  return behaviour.kind === 'overstatedSamples' ? behaviour.factor : 1;
}

/** The examples a party trains on. */
export function spoilExamples(examples: Examples, behaviour: Behaviour, seed: number): Examples {
  if (behaviour.kind === 'fewExamples') return firstExamples(examples, behaviour.count);
  if (behaviour.kind !== 'flippedLabels' && behaviour.kind !== 'randomLabels') return examples;
  const random = createSeededRandom(seed);
  const { classes } = examples;
  const { share = 1, kind } = behaviour;
  const spoil = (label: number) => (kind === 'flippedLabels' ? classes - 1 - label : random.below(classes));
  return { ...examples, labels: examples.labels.map((label) => (random.uniform() < share ? spoil(label) : label)) };
}

function firstExamples(examples: Examples, count: number): Examples {
  const size = examples.shape.reduce((product, side) => product * side, 1);
  return {
    ...examples,
    inputs: examples.inputs.slice(0, count * size),
    labels: examples.labels.slice(0, count),
  };
}

/**
 * The party with the ports through which its behaviour acts.
 * @param ring - the parties that collude.
 */
export function misbehave(member: Member, behaviour: Behaviour, ring: readonly PartyId[]): Member {
  const random = createSeededRandom(member.seed + 1);
  if (behaviour.kind === 'collude') return colluding(member, ring);
  return {
    ...member,
    exchange: answering(member.exchange, behaviour, member.consortium.inputs.classes, random),
    envelopes: giving(member.envelopes, behaviour, random),
    ledger: stating(member.ledger, behaviour),
  };
}

function answering(exchange: Exchange, { kind }: Behaviour, classes: number, random: SeededRandom): Exchange {
  if (kind !== 'randomAnswers' && kind !== 'constantAnswers') return exchange;
  const answer = () => (kind === 'constantAnswers' ? 0 : random.below(classes));
  return {
    ...exchange,
    serve: (handlers) =>
      exchange.serve({ ...handlers, labels: async (_requester, _round, indices) => Uint8Array.from(indices, answer) }),
  };
}

function colluding(member: Member, ring: readonly PartyId[]): Member {
  const { exchange, ledger, consortium } = member;
  const { classes } = consortium.inputs;
  return {
    ...member,
    exchange: {
      ...exchange,
      serve: (handlers) =>
        exchange.serve({
          ...handlers,
          async labels(requester, round, indices) {
            const labels = await handlers.labels(requester, round, indices);
            return ring.includes(requester) ? labels : labels.map((label) => (label + 1) % classes);
          },
        }),
    },
    ledger: {
      ...ledger,
      async report(round) {
        const { parties } = await ledger.state();
        const outsiders = parties.filter(({ id, credible }) => credible && !ring.includes(id));
        await ledger.report(
          round,
          outsiders.map(({ id }) => id),
        );
      },
    },
  };
}

function giving(envelopes: Envelopes, behaviour: Behaviour, random: SeededRandom): Envelopes {
  const change = gradientChange(behaviour, random);
  if (change === undefined) return envelopes;
  // One gradient a round, whoever asks for it.
  const changed = new WeakMap<Float32Array, Float32Array>();
  return {
    ...envelopes,
    seal(request, gradient) {
      const given = changed.get(gradient) ?? change(gradient);
      changed.set(gradient, given);
      return envelopes.seal(request, given);
    },
  };
}

function gradientChange(
  behaviour: Behaviour,
  random: SeededRandom,
): ((gradient: Float32Array) => Float32Array) | undefined {
  switch (behaviour.kind) {
    case 'noiseGradient':
      return (gradient) => {
        const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        return gradient.map(() => (2 * random.uniform() - 1) * largest);
      };
    case 'signFlippedGradient':
      return (gradient) => gradient.map((value) => -value);
    case 'zeroGradient':
      return (gradient) => new Float32Array(gradient.length);
    case 'scaledGradient':
      return (gradient) => gradient.map((value) => value * behaviour.factor);
    default:
      return undefined;
  }
}

/** Thrown inside a party that drops out; the simulation expects it. */
export class DroppedOut extends Error {}

function stating(ledger: Ledger, behaviour: Behaviour): Ledger {
  if (behaviour.kind === 'dropOut') {
    return {
      ...ledger,
      async upload(round, deliveries) {
        if (round >= behaviour.round) throw new DroppedOut();
        await ledger.upload(round, deliveries);
      },
    };
  }
  const stated = statedExamples(behaviour);
  if (stated === undefined) return ledger;
  return {
    ...ledger,
    init: (registration) =>
      ledger.init({
        ...registration,
        examples: Math.max(registration.samples, Math.round(stated(registration.examples))),
      }),
  };
}

/** What a party states instead of its number of examples. */
function statedExamples(behaviour: Behaviour): ((examples: number) => number) | undefined {
  switch (behaviour.kind) {
    case 'overstatedData':
    case 'overstatedSamples':
      return (examples) => examples * behaviour.factor;
    case 'fewExamples':
      return (examples) => behaviour.stated ?? examples;
    default:
      return undefined;
  }
}
