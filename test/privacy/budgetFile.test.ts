/**
 * The budget's file: what counts as the same data, whoever releases it, and what happens to a damaged file.
 * @module
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type BudgetLedger, openBudgetLedger, type Release } from '../../node/privacy/budget.ts';
import { type BudgetFile, openBudgetFile } from '../../node/privacy/budgetFile.ts';
import { gaussianRelease } from '../../node/privacy/gaussianMechanism.ts';
import { createSeededRandom } from '../../node/random.ts';

const delta = 1e-5;
const scale = { mean: 0.1, stdDev: 0.3 };
const features = 12;
const samples = (epsilon: number): Release => ({
  what: 'samples',
  generator: 'gaussian',
  count: 100,
  mechanisms: [gaussianRelease(epsilon, delta)],
  draws: 0,
  protection: 'differential privacy',
});

/** Raw bytes of records, as in an IDX file. */
function pixels(seed: number, records: number): Uint8Array {
  const random = createSeededRandom(seed);
  return Uint8Array.from({ length: records * features }, () => random.below(256));
}
const normalise = (bytes: Uint8Array, { mean, stdDev } = scale) =>
  Float32Array.from(bytes, (byte) => (byte / 255 - mean) / stdDev);

describe('the budget file', () => {
  let folder: string;
  const opened: BudgetFile[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-budget-'));
  });
  after(async () => {
    for (const file of opened) file.close();
    await rm(folder, { recursive: true });
  });
  const open = (name: string, bytes: Uint8Array, by = scale): BudgetLedger => {
    const data = { inputs: normalise(bytes, by), records: bytes.length / features, scale: by };
    const journal = openBudgetFile(join(folder, name), data);
    opened.push(journal);
    return openBudgetLedger({ budget: { epsilon: 5, delta }, journal });
  };

  it('remembers across restarts, and knows the data in any order, mixed with others or normalised otherwise', () => {
    const own = pixels(1, 40);
    open('same', own).record(samples(4));
    const shuffled = Uint8Array.from(
      Array.from(createSeededRandom(2).permutation(40)).flatMap((row) => [
        ...own.subarray(row * features, (row + 1) * features),
      ]),
    );
    const part = Uint8Array.from([...pixels(3, 10), ...own.subarray(0, 5 * features)]);
    for (const ledger of [
      open('same', own),
      open('same', shuffled),
      open('same', part),
      open('same', own, { mean: 0.5, stdDev: 0.1234 }),
    ]) {
      assert.ok(Math.abs(ledger.state().epsilon - 4) < 1e-9, `${ledger.state().epsilon} is spent`);
      assert.throws(() => ledger.record(samples(4)), { code: 'OUT_OF_BUDGET' });
    }
    assert.equal(open('same', pixels(3, 10)).state().releases, 0, 'data that share no record have their own budget');
    assert.equal(open('elsewhere', own).state().releases, 0, 'another folder knows nothing');
  });

  it('lets no two nodes into the same remainder, and shows each what the others released', () => {
    const [first, second] = [open('two', pixels(4, 20)), open('two', pixels(4, 20))];
    first.record(samples(4));
    assert.equal(second.state().epsilon, 0);
    assert.throws(() => second.record(samples(4)), { code: 'OUT_OF_BUDGET' });
    assert.ok(Math.abs(second.state().epsilon - 4) < 1e-9);
    second.record({
      what: 'labels',
      round: 1,
      to: 2,
      count: 7,
      protection: 'only class labels leave, and only to the party whose samples they are',
    });
    first.record(samples(0.5));
    assert.equal(first.state().labels, 7);
    assert.equal(first.state().releases, 3);
  });

  it('keeps what was written when the process is killed', async () => {
    const bytes = pixels(5, 20);
    const script = `
      import { openBudgetLedger } from ${JSON.stringify(join(import.meta.dirname, '../../node/privacy/budget.ts'))};
      import { openBudgetFile } from ${JSON.stringify(join(import.meta.dirname, '../../node/privacy/budgetFile.ts'))};
      const inputs = Float32Array.from(${JSON.stringify(Array.from(normalise(bytes)))});
      const journal = openBudgetFile(process.argv[1], { inputs, records: 20, scale: ${JSON.stringify(scale)} });
      openBudgetLedger({ budget: { epsilon: 5, delta: 1e-5 }, journal }).record(${JSON.stringify(samples(3))});
      process.kill(process.pid, 'SIGKILL');
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script, join(folder, 'killed')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
    assert.ok(Math.abs(open('killed', bytes).state().epsilon - 3) < 1e-9);
  });

  it('holds nothing of the records in the clear, and belongs to its owner alone', async () => {
    const bytes = pixels(6, 20);
    open('clear', bytes).record(samples(1));
    const path = join(folder, 'clear', 'budget.sqlite');
    assert.equal((await stat(path)).mode & 0o077, 0);
    const kept = await readFile(path);
    const raw = Buffer.from(Float64Array.from(bytes.subarray(0, features)).buffer);
    assert.equal(kept.includes(Buffer.from(bytes.subarray(0, features))), false);
    assert.equal(kept.includes(raw), false);
  });

  it('refuses a file that is damaged, foreign or out of reach', async () => {
    await writeFile(join(folder, 'file'), '');
    assert.throws(() => open('file', pixels(7, 2)), { code: 'UNAVAILABLE' });
    open('damaged', pixels(7, 2)).record(samples(1));
    opened.at(-1)?.close();
    await writeFile(join(folder, 'damaged', 'budget.sqlite'), 'not a database at all, but long enough to be looked at');
    assert.throws(() => open('damaged', pixels(7, 2)), { code: 'CORRUPT_LEDGER' });
  });
});
