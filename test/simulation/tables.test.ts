/**
 * `npm run tables -- --quick`: the subset of the results is made from nothing, goes on where it stopped, and its rows
 * can be repeated by the commands beside them.
 * @module
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { parseBehaviour, requestSchema } from '../../scripts/simulate/request.ts';
import { fairnessOf, spread } from '../../scripts/simulate/statistics.ts';
import { runAll } from '../../scripts/tables/crew.ts';

const root = join(import.meta.dirname, '..', '..');
const row = z.looseObject({ command: z.string(), seeds: z.array(z.number()) });
const documentSchema = z.looseObject({ title: z.string(), machine: z.string(), code: z.string(), rows: z.array(row) });

function runScript(script: string, ...words: string[]) {
  return spawnSync(process.execPath, [join(root, 'scripts', script), ...words], { encoding: 'utf8', cwd: root });
}

describe('the tables', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dppdl-tables-'));
  const runs = join(folder, 'runs.jsonl');
  const out = join(folder, 'results');
  const makeQuick = () => runScript('tables.ts', '--quick', '--json', '--out', out, '--runs', runs);
  const linesOf = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
  const tableOf = (name: string) => documentSchema.parse(JSON.parse(readFileSync(join(out, `${name}.json`), 'utf8')));
  let progress: unknown[];
  before(() => {
    const run = makeQuick();
    assert.equal(run.status, 0, run.stderr);
    progress = linesOf(run.stdout);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('come as Markdown, JSON and SVG', () => {
    const files = readdirSync(out);
    for (const name of ['table3', 'table5', 'figure6', 'detection', 'attacks', 'bits', 'costs']) {
      assert.ok(files.includes(`${name}.md`) && files.includes(`${name}.json`), name);
      assert.ok(tableOf(name).rows.length > 0);
    }
    for (const name of ['figure6', 'fairness-different', 'fairness-imbalanced', 'bits', 'costs']) {
      assert.match(readFileSync(join(out, `${name}.svg`), 'utf8'), /^<svg/);
    }
  });

  it('name the seeds, the machine, the paper’s number and a command for every row', () => {
    const text = readFileSync(join(out, 'table5.md'), 'utf8');
    assert.match(text, /\| mlp \| dppdl \| same \| 4 \| \d\d\.\d\d \| 90\.13 \|/);
    assert.match(text, /Machine: .*Node v\d+/);
    for (const { command, seeds } of tableOf('table5').rows) {
      assert.match(command, /^npm run simulate -- .*--seed 1( --set \S+)*$/);
      assert.equal(command.includes('learningRate.from=0.05'), command.includes('--framework'), command);
      assert.deepEqual(seeds, [1]);
      assert.ok(text.includes(`\`${command}\``));
    }
  });

  it('are not made of runs of other code', async () => {
    const run = runAll([requestSchema.parse({})], 1, 'of another', () => assert.fail(), new AbortController().signal);
    await assert.rejects(run, { code: 'CODE_CHANGED' });
  });

  it('show that collaboration helps', () => {
    const best = (framework: string) => {
      const found = tableOf('table5').rows.find(
        (entry) => entry['framework'] === framework && entry['setting'] === 'same',
      );
      return Number(found?.['best %']);
    };
    assert.ok(best('dppdl') > best('standalone'), `${best('dppdl')} ${best('standalone')}`);
    assert.ok(best('centralized') > best('standalone'));
  });

  it('have rows that their commands repeat', () => {
    const found = tableOf('table5').rows.find(
      (entry) => entry['framework'] === 'dppdl' && entry['setting'] === 'imbalanced',
    );
    const words = (found?.command ?? '').split(' ').slice(4);
    const run = runScript('simulate.ts', ...words, '--json');
    assert.equal(run.status, 0, run.stderr);
    const [{ parties }] = z
      .array(
        z.looseObject({ parties: z.array(z.looseObject({ accuracy: z.number(), removed: z.number().nullable() })) }),
      )
      .parse(JSON.parse(run.stdout));
    const credible = parties.filter(({ removed }) => removed === null);
    assert.equal((100 * Math.max(...credible.map(({ accuracy }) => accuracy))).toFixed(2), found?.['best %']);
  });

  it('go on where they stopped', () => {
    const isRun = (entry: unknown) => typeof entry === 'object' && entry !== null && 'run' in entry;
    const lines = readFileSync(runs, 'utf8').trim().split('\n');
    assert.equal(lines.length, progress.filter(isRun).length);
    // A crash in the middle of the last line.
    writeFileSync(runs, `${lines.slice(0, -1).join('\n')}\n${lines.at(-1)?.slice(0, 100)}\n`);
    const first = readFileSync(join(out, 'table5.md'), 'utf8').replaceAll(/\d+ CPU seconds/g, '');
    const again = makeQuick();
    assert.equal(again.status, 0, again.stderr);
    assert.equal(linesOf(again.stdout).filter(isRun).length, 1);
    assert.equal(readFileSync(join(out, 'table5.md'), 'utf8').replaceAll(/\d+ CPU seconds/g, ''), first);
  });
});

describe('the statistics of rows', () => {
  it('give mean and standard deviation of the sample', () => {
    assert.deepEqual(spread([1, 3]), { count: 2, mean: 2, sd: Math.SQRT2, least: 1, most: 3 });
    assert.equal(spread([5]).sd, 0);
  });

  it('correlate contribution and accuracy of honest credible parties', () => {
    const party = (examples: number, accuracy: number, alone: number) =>
      ({ examples, sharingLevel: 0.1, behaviour: 'honest', removed: null, accuracy, alone }) as const;
    const parties = [party(1, 0.1, 0.3), party(2, 0.2, 0.2), party(3, 0.3, 0.1), { ...party(9, 0, 0), removed: 0 }];
    const { r, control } = fairnessOf(parties, 'examples');
    assert.ok(r !== null && Math.abs(r - 1) < 1e-12 && control !== null && Math.abs(control + 1) < 1e-12);
    assert.equal(fairnessOf(parties, 'sharingLevel').r, null);
  });
});

describe('misbehaviour on a command line', () => {
  it('names the party, what it does, and how much', () => {
    assert.deepEqual(parseBehaviour('3:dropOut:2'), { party: 3, behaviour: { kind: 'dropOut', round: 2 } });
    assert.deepEqual(parseBehaviour('0:randomLabels'), { party: 0, behaviour: { kind: 'randomLabels' } });
    assert.deepEqual(parseBehaviour('0:randomLabels:0.5'), {
      party: 0,
      behaviour: { kind: 'randomLabels', share: 0.5 },
    });
    assert.deepEqual(parseBehaviour('2:fewExamples:10:20'), {
      party: 2,
      behaviour: { kind: 'fewExamples', count: 10, stated: 20 },
    });
    assert.deepEqual(parseBehaviour('7:collude'), { party: 7, behaviour: { kind: 'collude' } });
  });

  for (const text of [
    'x:collude',
    '1:collude:2',
    '1:dropOut',
    '1:dropOut:0',
    '1:randomLabels:2',
    '1:nothing',
    '1:scaledGradient:x',
    '1:dropOut:2:3',
    '1:fewExamples:0',
    '1:fewExamples:10:x',
    '1:fewExamples:10:20:30',
  ]) {
    it(`refuses ${text}`, () => assert.equal(parseBehaviour(text), undefined));
  }
});
