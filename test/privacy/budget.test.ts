/**
 * The budget ledger: what it counts and what it refuses.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { latticeMu } from '../../node/privacy/accountant.ts';
import { type Journal, openBudgetLedger, type Release } from '../../node/privacy/budget.ts';
import { gaussianMu, gaussianRelease } from '../../node/privacy/gaussianMechanism.ts';

const delta = 1e-5;
const now = () => new Date(0);
const samples = (epsilon: number): Release => ({
  what: 'samples',
  generator: 'gaussian',
  count: 100,
  mechanisms: [gaussianRelease(epsilon, delta)],
  draws: 0,
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
  let seen = 0;
  return {
    lines,
    news() {
      const from = seen;
      seen = lines.length;
      return lines.slice(from);
    },
    append(line) {
      lines.push(line());
      seen = lines.length;
    },
  };
}

describe('the budget ledger', () => {
  it('composes sample releases tightly and lists the others beside them', () => {
    const ledger = openBudgetLedger({ budget: { epsilon: 8, delta }, journal: memoryJournal(), now });
    ledger.record(samples(4));
    assert.ok(Math.abs(ledger.state().epsilon - 4) < 1e-9);
    ledger.record(labels(30));
    ledger.record(gradients);
    const { epsilon, labels: given, gradients: sent, releases } = ledger.record(samples(4));
    assert.ok(epsilon > 5.5 && epsilon < 6.5, `two releases of ε = 4 cost ${epsilon}, not 8`);
    assert.deepEqual([given, sent, releases], [30, 5000, 4]);
  });

  it('refuses what would exceed the budget, and then writes nothing', () => {
    const journal = memoryJournal();
    const ledger = openBudgetLedger({ budget: { epsilon: 5, delta, labels: 50 }, journal, now });
    ledger.record(samples(4));
    assert.throws(() => ledger.record(samples(4)), { code: 'OUT_OF_BUDGET' });
    ledger.record(labels(50));
    assert.throws(() => ledger.record(labels(1)), { code: 'OUT_OF_BUDGET' });
    assert.equal(journal.lines.length, 2);
    assert.equal(ledger.entries().length, 2);
  });

  it('counts what the lattice of discrete noise costs, and admits what was calibrated with it', () => {
    const draws = 3e9;
    const open = () => openBudgetLedger({ budget: { epsilon: 4, delta }, journal: memoryJournal(), now });
    const release = (noiseMultiplier: number): Release => ({
      what: 'samples',
      generator: 'gaussian',
      count: 100,
      mechanisms: [{ sampleRate: 1, noiseMultiplier, steps: 1 }],
      draws,
      protection: 'differential privacy',
    });
    const { epsilon } = open().record(release(1 / latticeMu(4, delta, draws)));
    assert.ok(epsilon <= 4 && epsilon > 4 - 1e-9);
    assert.throws(() => open().record(release(1 / gaussianMu(4, delta))), { code: 'OUT_OF_BUDGET' });
  });

  it('spends nothing when the journal cannot be written', () => {
    const refuse = () => {
      throw new Error('disk full');
    };
    const ledger = openBudgetLedger({
      budget: { epsilon: 5, delta },
      journal: { news: () => [], append: refuse },
      now,
    });
    assert.throws(() => ledger.record(samples(4)), /disk full/);
    assert.equal(ledger.state().releases, 0);
  });

  it('names a line it cannot read', () => {
    const journal = memoryJournal();
    journal.lines.push('{"what":"samples"}');
    assert.throws(
      () => openBudgetLedger({ budget: { epsilon: 8, delta }, journal }),
      (error: { code: string; meta: { line: number } }) => error.code === 'CORRUPT_LEDGER' && error.meta.line === 1,
    );
  });

  it('refuses a budget out of range', () => {
    for (const budget of [
      { epsilon: 0, delta },
      { epsilon: 1, delta: 1 },
    ]) {
      assert.throws(() => openBudgetLedger({ budget, journal: memoryJournal() }), { code: 'INVALID_PARAMETER' });
    }
  });
});
