/**
 * A node with a real privacy budget in a small consortium, which can be killed when it has written a release down and has
 * not made it yet; for the tests of the budget at the node's door.
 * @module
 */
import { writeSync } from 'node:fs';
import { type BudgetLedger, openBudgetLedger, type PrivacyBudget } from '../node/privacy/budget.ts';
import { openBudgetFile } from '../node/privacy/budgetFile.ts';
import { type BudgetedReleases, createReleases } from '../node/releases.ts';
import { createGaussianGenerator } from '../node/samples/gaussian.ts';
import { createWorld, onion, smallConsortium, toyExamples, type World } from './algorithm/world.ts';

/** Records of each party, and labels asked for at a time. */
export const RECORDS = 40;
export const ASKED = RECORDS / 2;
/** The party whose budget is looked at; three others ask it. */
export const SELF = 3;

/** The budget of that party's data as a node opens it when it starts; disposing of it closes the file. */
export function openBudget(folder: string, budget: PrivacyBudget): { readonly ledger: BudgetLedger } & Disposable {
  const { inputs } = toyExamples(RECORDS, SELF + 1);
  const journal = openBudgetFile(folder, { inputs, records: RECORDS, scale: { mean: 0, stdDev: 1 } });
  return { ledger: openBudgetLedger({ budget, journal }), [Symbol.dispose]: () => journal.close() };
}

/** Four parties; the last publishes samples of its data with ε = 4 and writes its releases down. */
export async function createBudgetedWorld(releases: BudgetedReleases): Promise<World> {
  const generator = createGaussianGenerator({
    epsilon: 4,
    delta: 1e-5,
    normalisation: { mean: 0, stdDev: 1 },
    onRelease: releases.samples,
  });
  return await createWorld([RECORDS, RECORDS, RECORDS, RECORDS], onion, smallConsortium(), (party) =>
    party === SELF ? { generator, releases } : {},
  );
}

/** Calls `seen` with the number of labels another party gets of {@link SELF}, as soon as it has them. */
export function watchLabels({ parties }: World, seen: (count: number) => void): void {
  for (const { member } of parties.slice(0, SELF)) {
    const { labels } = member.exchange;
    member.exchange.labels = async (party, ...rest) => {
      const given = await labels(party, ...rest);
      if (party === SELF) seen(given.length);
      return given;
    };
  }
}

/** Runs the consortium until the `nth` release of a kind is written down, and dies; prints how many labels the others had got. */
export async function dieAt(kind: keyof BudgetedReleases, nth: number, folder: string): Promise<void> {
  const { ledger } = openBudget(folder, { epsilon: 8, delta: 1e-5 });
  const releases = createReleases(ledger);
  let count = 0;
  const written = releases[kind] as (release: unknown) => Promise<void>;
  const dying = {
    ...releases,
    async [kind](release: unknown) {
      // Written at once, before anything else happens.
      const done = written(release);
      if (++count === nth) process.kill(process.pid, 'SIGKILL');
      await done;
    },
  };
  const world = await createBudgetedWorld(dying);
  watchLabels(world, (labels) => writeSync(1, `${labels}\n`));
  await world.run();
}
