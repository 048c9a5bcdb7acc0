/**
 * The acceptance check: a party looks at what a sum does to its model, on examples it never trains on, before it goes on
 * with it. Credibility rates labels and does not see false gradients; this bounds what they can do to a model.
 * @module
 */
import type { Examples } from '../types.ts';
import type { Member } from './member.ts';

/** One example in so many is kept out of training. */
const HELD_OUT = 10;
/** Fewer examples are all trained on: a tenth of them could not show that a sum is clearly worse. */
const FEWEST = 50;
/** Standard deviations of chance by which a sum must be worse to be called so: 2.3 % of harmless sums that change nothing. */
const CLEARLY = 2;

/** A party's examples in two parts. */
interface Split {
  readonly training: Examples;
  readonly heldOut: Examples;
}

/** Splits made, by the examples they were made of. */
const splits = new WeakMap<Examples, Split>();

/** What a party trains on: everything, or all but the examples it judges sums by. */
export function trainingExamples({ consortium, examples }: Pick<Member, 'consortium' | 'examples'>): Examples {
  return consortium.aggregation.acceptance === undefined ? examples : split(examples).training;
}

/**
 * Decides with which parameters a party goes on. All float32 [D].
 * @param together - with the others' sum.
 * @param withoutSum - the same step with nothing from the others.
 * @returns `together`, unless it labels the held-out examples clearly worse than the round without it: then the
 *   middle of both (rule `halve`), unless that is clearly worse too, or the latter (rule `refuse`).
 */
// deviation: the paper adds whatever comes.
export async function acceptSum(
  member: Member,
  together: Float32Array,
  withoutSum: () => Float32Array,
): Promise<{ readonly parameters: Float32Array; readonly share: 1 | 0.5 | 0 }> {
  const rule = member.consortium.aggregation.acceptance;
  if (rule === undefined) return { parameters: together, share: 1 };
  const { heldOut } = split(member.examples);
  const own = withoutSum();
  const rightOwn = await rightOn(member, own, heldOut);
  const harms = async (parameters: Float32Array) =>
    isClearlyWorse(await rightOn(member, parameters, heldOut), rightOwn);
  if (!(await harms(together))) return { parameters: together, share: 1 };
  if (rule === 'halve') {
    const middle = together.map((value, index) => (value + own[index]) / 2);
    if (!(await harms(middle))) return { parameters: middle, share: 0.5 };
  }
  return { parameters: own, share: 0 };
}

/**
 * A sign test: of the examples that one of two models labels right and the other wrong, the first has lost more than
 * chance would take.
 */
export function isClearlyWorse(right: readonly boolean[], rightBefore: readonly boolean[]): boolean {
  let [lost, won] = [0, 0];
  right.forEach((value, index) => {
    if (value && !rightBefore[index]) won++;
    if (!value && rightBefore[index]) lost++;
  });
  return lost - won > CLEARLY * Math.sqrt(lost + won);
}

async function rightOn({ learner }: Member, parameters: Float32Array, examples: Examples): Promise<boolean[]> {
  const labels = await learner.label(parameters, examples.inputs);
  return Array.from(labels, (label, row) => label === examples.labels[row]);
}

/** Every tenth example is held out; of fewer than {@link FEWEST} none is, and every sum is taken. */
function split(examples: Examples): Split {
  const isHeldOut = (row: number) => examples.labels.length >= FEWEST && row % HELD_OUT === HELD_OUT - 1;
  const known = splits.get(examples) ?? {
    training: pick(examples, (row) => !isHeldOut(row)),
    heldOut: pick(examples, isHeldOut),
  };
  splits.set(examples, known);
  return known;
}

function pick(examples: Examples, isIn: (row: number) => boolean): Examples {
  const rows = [...examples.labels.keys()].filter(isIn);
  const size = examples.inputs.length / examples.labels.length;
  const inputs = new Float32Array(rows.length * size);
  rows.forEach((row, place) => {
    inputs.set(examples.inputs.subarray(row * size, (row + 1) * size), place * size);
  });
  return { ...examples, inputs, labels: Uint8Array.from(rows, (row) => examples.labels[row]) };
}
