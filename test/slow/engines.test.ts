/**
 * The suites that run on Hardhat's chain and on anvil pass on a chain as a consortium runs it: anvil over HTTP with a
 * block a second and free gas, stopped and started again from its state whenever its clock is moved.
 * @module
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { hasAnvil } from '../chain.ts';

const root = join(import.meta.dirname, '..', '..');
const suites = globSync('test/**/*.test.ts', { cwd: root }).filter((file) =>
  /^for \(const .* of engines\)/m.test(readFileSync(join(root, file), 'utf8')),
);

describe('on a chain that is kept', { skip: hasAnvil() ? false : 'anvil is not installed: NOT RUN' }, () => {
  for (const suite of suites) {
    it(suite, () => {
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const run = spawnSync(process.execPath, ['--test', '--test-reporter=tap', suite], {
        cwd: root,
        env: { ...env, DPPDL_ENGINE: 'anvil, kept' },
        encoding: 'utf8',
      });
      assert.equal(run.status, 0, run.stdout);
      assert.match(run.stdout, /on anvil, kept|chain \(anvil, kept\)/);
      assert.doesNotMatch(run.stdout, /# SKIP/);
    });
  }

  it('are all of them', () => assert.equal(suites.length, 5, suites.join(', ')));
});
