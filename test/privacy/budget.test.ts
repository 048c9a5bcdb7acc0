/**
 * The budget ledger: what it counts, what it refuses, and that it survives a crash.
 * @module
 */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Journal, openBudgetLedger, type Release } from '../../node/privacy/budget.ts';
import { createFileJournal } from '../../node/privacy/fileJournal.ts';
import { gaussianRelease } from '../../node/privacy/gaussianMechanism.ts';

const delta = 1e-5;
const now = () => new Date(0);
const samples = (epsilon: number): Release => ({
  what: 'samples',
  generator: 'gaussian',
  count: 100,
  mechanisms: [gaussianRelease(epsilon, delta)],
  protection: 'differential privacy',
});
const labels = (count: number): Release => ({
  what: 'labels',
  round: 1,
  to: 2,
  count,
  protection: 'only class labels leave, and only to the party whose samples they are',
});
const gradients: Release = {
  what: 'gradients',
  round: 1,
  to: 2,
  count: 5000,
  protection: 'encrypted; the receiver sees only the sum over all providers',
};

function memoryJournal(): Journal & { lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    read: async () => lines,
    async append(line) {
      lines.push(line);
    },
  };
}

describe('the budget ledger', () => {
  it('composes sample releases tightly and lists the others beside them', async () => {
    const ledger = await openBudgetLedger({ budget: { epsilon: 8, delta }, journal: memoryJournal(), now });
    await ledger.record(samples(4));
    assert.ok(Math.abs(ledger.state().epsilon - 4) < 1e-9);
    await ledger.record(labels(30));
    await ledger.record(gradients);
    const { epsilon, labels: given, gradients: sent, releases } = await ledger.record(samples(4));
    assert.ok(epsilon > 5.5 && epsilon < 6.5, `two releases of ε = 4 cost ${epsilon}, not 8`);
    assert.deepEqual([given, sent, releases], [30, 5000, 4]);
  });

  it('refuses what would exceed the budget, and then writes nothing', async () => {
    const journal = memoryJournal();
    const ledger = await openBudgetLedger({ budget: { epsilon: 5, delta, labels: 50 }, journal, now });
    await ledger.record(samples(4));
    await assert.rejects(ledger.record(samples(4)), { code: 'OUT_OF_BUDGET' });
    await ledger.record(labels(50));
    await assert.rejects(ledger.record(labels(1)), { code: 'OUT_OF_BUDGET' });
    assert.equal(journal.lines.length, 2);
    assert.equal(ledger.entries().length, 2);
  });

  it('lets no two releases into the same remainder', async () => {
    const ledger = await openBudgetLedger({ budget: { epsilon: 5, delta }, journal: memoryJournal(), now });
    const results = await Promise.allSettled([ledger.record(samples(4)), ledger.record(samples(4))]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
  });

  it('spends nothing when the journal cannot be written', async () => {
    const journal: Journal = { read: async () => [], append: async () => Promise.reject(new Error('disk full')) };
    const ledger = await openBudgetLedger({ budget: { epsilon: 5, delta }, journal, now });
    await assert.rejects(ledger.record(samples(4)), /disk full/);
    assert.equal(ledger.state().releases, 0);
  });

  it('refuses a budget out of range', async () => {
    for (const budget of [
      { epsilon: 0, delta },
      { epsilon: 1, delta: 1 },
    ]) {
      await assert.rejects(openBudgetLedger({ budget, journal: memoryJournal() }), { code: 'INVALID_PARAMETER' });
    }
  });
});

describe('the file journal', () => {
  let folder: string;
  let path: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-budget-'));
    path = join(folder, 'privacy.jsonl');
  });
  after(() => rm(folder, { recursive: true }));

  it('remembers across restarts and drops a line a crash cut off', async () => {
    const open = () => openBudgetLedger({ budget: { epsilon: 8, delta }, journal: createFileJournal(path), now });
    await (await open()).record(samples(3));
    await appendFile(path, '{"what":"samples","gen');
    const reopened = await open();
    assert.ok(Math.abs(reopened.state().epsilon - 3) < 1e-9);
    await reopened.record(labels(7));
    await reopened.record(labels(8));
    assert.equal((await readFile(path, 'utf8')).split('\n').length, 4);
    const state = (await open()).state();
    assert.deepEqual([state.releases, state.labels], [3, 15]);
  });

  it('names a line it cannot read', async () => {
    await writeFile(path, '{"what":"samples"}\n');
    await assert.rejects(
      openBudgetLedger({ budget: { epsilon: 8, delta }, journal: createFileJournal(path) }),
      (error: { code: string; meta: { line: number } }) => error.code === 'CORRUPT_LEDGER' && error.meta.line === 1,
    );
  });
});
