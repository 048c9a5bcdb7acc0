/**
 * The privacy budget of a node's data: everything computed from private data that leaves the node is written down first, with its
 * cost or with what protects it instead; what would exceed the budget is refused.
 * @module
 */
import { z } from 'zod';
import { latticeEpsilon } from './accountant.ts';
import { PrivacyError, requireParameter } from './errors.ts';

/** What may be spent on one data set, in all its copies and over all nodes of a machine. Unit: one original record, added or removed. */
export interface PrivacyBudget {
  /** ε of all differentially private releases together. */
  readonly epsilon: number;
  /** δ at which ε is counted. */
  readonly delta: number;
  /** Most labels this node's models may give to others' samples; they are not covered by ε. Unlimited if absent. */
  readonly labels?: number | undefined;
}

const mechanismSchema = z.strictObject({
  sampleRate: z.number().positive().max(1),
  noiseMultiplier: z.number().positive(),
  steps: z.int().positive(),
});
const releaseSchema = z.discriminatedUnion('what', [
  z.strictObject({
    what: z.literal('samples'),
    generator: z.enum(['dpgan', 'gaussian']),
    count: z.int().positive(),
    mechanisms: z.array(mechanismSchema).min(1),
    draws: z.int().min(0),
    protection: z.literal('differential privacy'),
  }),
  z.strictObject({
    what: z.literal('labels'),
    round: z.int().min(0),
    to: z.int().min(0),
    count: z.int().positive(),
    protection: z.literal('only class labels leave, and only to the party whose samples they are'),
  }),
  z.strictObject({
    what: z.literal('gradients'),
    round: z.int().min(0),
    to: z.int().min(0),
    count: z.int().positive(),
    protection: z.literal('encrypted; the receiver sees only the sum over all providers'),
  }),
]);
const entrySchema = z.intersection(releaseSchema, z.object({ at: z.iso.datetime() }));

/**
 * One thing that left the node. Only `samples` cost ε: `mechanisms` with `draws` values of discrete noise in all. The
 * others are listed with what protects them.
 */
export type Release = Readonly<z.infer<typeof releaseSchema>>;
/** A release with the time it was recorded. */
export type BudgetEntry = Release & { readonly at: string };

/** Where the entries live: all releases from any of the same records, whichever node made them. */
export interface Journal {
  /** Lines not seen before, oldest first: all of them at first, later what other nodes have added. */
  news(): readonly string[];
  /**
   * Keeps one line, on disk on return; the caller has then seen it. Nobody else can append while `line` decides, and
   * nothing is kept if it throws.
   */
  append(line: () => string): void;
}

/** What has been spent so far. */
export interface BudgetState {
  readonly budget: PrivacyBudget;
  /** ε of all sample releases together, at the budget's δ, tightly composed; 0 before the first. */
  readonly epsilon: number;
  /** Labels given and gradient entries sent; no differential privacy covers them. */
  readonly labels: number;
  readonly gradients: number;
  readonly releases: number;
}

/** The book of releases. */
export interface BudgetLedger {
  state(): BudgetState;
  entries(): readonly BudgetEntry[];
  /**
   * Writes a release down, on disk on return; call it before anything leaves, and let nothing leave if it throws.
   * @throws PrivacyError `OUT_OF_BUDGET`; then nothing is written.
   */
  record(release: Release): BudgetState;
}

/** Options of {@link openBudgetLedger}. */
export interface BudgetLedgerOptions {
  readonly budget: PrivacyBudget;
  readonly journal: Journal;
  /** The present time; replaced in tests. */
  readonly now?: () => Date;
}

/**
 * Opens the ledger on what its journal holds.
 * @throws PrivacyError `CORRUPT_LEDGER` naming the line; `INVALID_PARAMETER` for a budget out of range.
 */
export function openBudgetLedger(options: BudgetLedgerOptions): BudgetLedger {
  const { budget, journal, now = () => new Date() } = options;
  requireParameter(budget.epsilon > 0, 'epsilon', budget.epsilon, 'above 0');
  requireParameter(budget.delta > 0 && budget.delta < 1, 'delta', budget.delta, 'between 0 and 1');
  const entries: BudgetEntry[] = [];
  let state = stateOf(entries, budget);
  const catchUp = (): void => {
    const news = journal.news();
    if (news.length === 0) return;
    for (const line of news) entries.push(parseEntry(line, entries.length));
    state = stateOf(entries, budget);
  };
  catchUp();

  /** The state after a release, if it may happen. */
  function admit(release: Release, entry: BudgetEntry): BudgetState {
    const next = release.what === 'samples' ? stateOf([...entries, entry], budget) : added(state, release);
    if (release.what === 'samples' && next.epsilon > budget.epsilon) {
      throw new PrivacyError(
        'OUT_OF_BUDGET',
        `Releasing these samples would bring ε to ${next.epsilon.toFixed(3)} per record (δ = ${budget.delta}), over the budget of ${budget.epsilon}; ${state.epsilon.toFixed(3)} is spent.`,
        {
          fault: 'self',
          action: 'Raise the privacy budget in the node’s configuration, or ask for samples with a smaller ε.',
          meta: { wanted: next.epsilon, spent: state.epsilon, budget: budget.epsilon, delta: budget.delta },
        },
      );
    }
    if (release.what === 'labels' && budget.labels !== undefined && next.labels > budget.labels) {
      throw new PrivacyError(
        'OUT_OF_BUDGET',
        `Answering would bring the labels given to others to ${next.labels}, over the budget of ${budget.labels}.`,
        {
          fault: 'self',
          action: 'Raise privacy.labels in the node’s configuration.',
          meta: { wanted: next.labels, spent: state.labels, budget: budget.labels },
        },
      );
    }
    return next;
  }

  return {
    state: () => state,
    entries: () => entries,
    record(release) {
      const entry = { ...releaseSchema.parse(release), at: now().toISOString() };
      let next = state;
      // One at a time, over all nodes: two releases may not both fit into the same remainder.
      journal.append(() => {
        catchUp();
        next = admit(release, entry);
        return JSON.stringify(entry);
      });
      entries.push(entry);
      state = next;
      return state;
    },
  };
}

/** Adds up what the entries cost. */
function stateOf(entries: readonly BudgetEntry[], budget: PrivacyBudget): BudgetState {
  const released = entries.filter((entry) => entry.what === 'samples');
  const mechanisms = released.flatMap((entry) => entry.mechanisms);
  const draws = released.reduce((sum, entry) => sum + entry.draws, 0);
  const countOf = (what: Release['what']) =>
    entries.reduce((sum, entry) => sum + (entry.what === what ? entry.count : 0), 0);
  return {
    budget,
    epsilon: latticeEpsilon(mechanisms, draws, budget.delta, budget.epsilon),
    labels: countOf('labels'),
    gradients: countOf('gradients'),
    releases: entries.length,
  };
}

/** The state after a release that costs no ε. */
function added(state: BudgetState, { what, count }: Release): BudgetState {
  return {
    ...state,
    labels: state.labels + (what === 'labels' ? count : 0),
    gradients: state.gradients + (what === 'gradients' ? count : 0),
    releases: state.releases + 1,
  };
}

/** One journal line. */
function parseEntry(line: string, index: number): BudgetEntry {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new PrivacyError('CORRUPT_LEDGER', `Line ${index + 1} of the privacy budget’s journal cannot be read.`, {
      fault: 'self',
      action: 'Restore the journal from a backup; a node that has forgotten its releases cannot state its ε.',
      meta: { line: index + 1 },
      cause,
    });
  }
}
