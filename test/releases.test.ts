/**
 * The privacy budget at the node's door, with the real file: what a node that has spent it still gives, what others see of
 * it, and what is counted when a node dies between writing a release down and making it.
 * @module
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { BudgetState, PrivacyBudget } from '../node/privacy/budget.ts';
import { type BudgetedReleases, createReleases } from '../node/releases.ts';
import { assertFulfilled, roundsOf, warningsOf } from './algorithm/world.ts';
import { ASKED, createBudgetedWorld, openBudget, SELF, watchLabels } from './dyingNode.ts';

const delta = 1e-5;

describe('the budget at the door', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'dppdl-releases-'));
  });
  after(() => rm(root, { recursive: true }));

  /** What the file holds for a node that starts now. */
  function stateIn(folder: string, budget: PrivacyBudget): BudgetState {
    using opened = openBudget(folder, budget);
    return opened.ledger.state();
  }

  it('gives labels up to the budget, over a restart, and is silent to the others from then on', async () => {
    const folder = join(root, 'labels');
    // Enough for the benchmark and two of three rounds, in each of which three parties ask.
    const budget = { epsilon: 8, delta, labels: 3 * 3 * ASKED };
    let opened = openBudget(folder, budget);
    const refusals: string[] = [];
    const world = await createBudgetedWorld({
      samples: (release) => createReleases(opened.ledger).samples(release),
      gradients: (release) => createReleases(opened.ledger).gradients(release),
      labels: (release) =>
        createReleases(opened.ledger)
          .labels(release)
          .catch((error) => {
            refusals.push(error.code);
            throw error;
          }),
    });
    let received = 0;
    let uncounted = 0;
    watchLabels(world, (count) => {
      received += count;
      uncounted = Math.max(uncounted, received - stateIn(folder, budget).labels);
    });

    // Stopped between two rounds, when nobody waits for an answer, and started again with what the file holds.
    const { ledger } = world.parties[SELF].member;
    const { download } = ledger;
    ledger.download = async (round, ...rest) => {
      await download(round, ...rest);
      if (round === 2) throw new Error('stopped');
    };
    const others = world.run([0, 1, 2]);
    const [stopped] = await world.run([SELF]);
    assert.ok(stopped.status === 'rejected' && stopped.reason.message === 'stopped');
    ledger.download = download;
    opened[Symbol.dispose]();
    opened = openBudget(folder, budget);
    assert.equal(opened.ledger.state().labels, 2 * 3 * ASKED);
    assertFulfilled([...(await world.run([SELF])), ...(await others)]);
    opened[Symbol.dispose]();

    assert.deepEqual(refusals, Array(3).fill('OUT_OF_BUDGET'));
    for (const party of world.parties.slice(0, SELF)) {
      const warnings = warningsOf(party).map(({ round, code, party }) => ({ round, code, party }));
      assert.deepEqual(warnings, [{ round: 3, code: 'REFUSED', party: SELF }]);
      assert.equal(roundsOf(party).length, 3);
    }
    assert.equal(received, budget.labels);
    assert.equal(uncounted, 0, 'labels left before they were written down');
    const { labels, epsilon, gradients } = stateIn(folder, budget);
    assert.equal(labels, budget.labels);
    assert.ok(Math.abs(epsilon - 4) < 1e-3 && gradients > 0);
  });

  it('registers no samples beyond the budget, also when the node has lost all but its budget', async () => {
    const budget = { epsilon: 5, delta };
    const register = async (folder: string, { epsilon }: PrivacyBudget) => {
      using opened = openBudget(folder, { epsilon, delta });
      const world = await createBudgetedWorld(createReleases(opened.ledger));
      const stop = new AbortController();
      const others = world.run([0, 1, 2], stop.signal);
      const own = world.run([SELF], stop.signal);
      const ended = await Promise.race([own, world.parties[SELF].member.ledger.reached(0, 'benchmark', stop.signal)]);
      stop.abort();
      await Promise.all([own, others]);
      const parties = (await world.parties[0].member.ledger.state()).parties.length;
      return { code: Array.isArray(ended) && ended[0].status === 'rejected' ? ended[0].reason.code : 'OK', parties };
    };
    assert.deepEqual(await register(join(root, 'small'), { epsilon: 3.9, delta }), {
      code: 'OUT_OF_BUDGET',
      parties: 3,
    });
    assert.deepEqual(await register(join(root, 'lost'), budget), { code: 'OK', parties: 4 });
    assert.deepEqual(await register(join(root, 'lost'), budget), { code: 'OUT_OF_BUDGET', parties: 3 });
    assert.equal(stateIn(join(root, 'lost'), budget).releases, 1);
  });

  const module = JSON.stringify(join(import.meta.dirname, 'dyingNode.ts'));
  /** How many labels the others had got when the node was killed at its `nth` release of a kind, and what is counted. */
  function killAt(kind: keyof BudgetedReleases, nth: number): BudgetState & { received: number } {
    const folder = join(root, `${kind}-${nth}`);
    const script = `import { dieAt } from ${module}; await dieAt(${JSON.stringify(kind)}, ${nth}, process.argv[1]);`;
    const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script, folder], { encoding: 'utf8' });
    assert.equal(child.signal, 'SIGKILL', child.stderr);
    const received = child.stdout.split('\n').reduce((sum, line) => sum + Number(line), 0);
    return { ...stateIn(folder, { epsilon: 8, delta }), received };
  }

  it('counts what was written down when the node is killed before it gives it', () => {
    const samples = killAt('samples', 1);
    assert.ok(Math.abs(samples.epsilon - 4) < 1e-3 && samples.releases === 1);
    const labels = killAt('labels', 5);
    assert.equal(labels.labels, 5 * ASKED);
    assert.ok(labels.received >= 3 * ASKED && labels.received <= 4 * ASKED, `${labels.received} labels were given`);
    const gradients = killAt('gradients', 2);
    assert.equal(gradients.releases, 1 + 3 + 2);
    assert.ok(gradients.gradients > 0 && gradients.received === gradients.labels);
  });
});
