/**
 * What `npm pack` packs works where it is installed: below node_modules, where Node strips no types.
 * @module
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

const root = join(import.meta.dirname, '..', '..');

/** Trains on a thread of its own, and names what scripts import most; TypeScript, but for its lack of types. */
const program = `
import { createLearner } from 'dppdl/node/learner/learner';
import { simulate } from 'dppdl/node/simulation/simulate';
import { createClient } from 'dppdl/sdk/client';
import { deploy } from 'dppdl/sdk/deploy';
const learner = await createLearner({ kind: 'mlp', layers: [4, 3, 2] }, { shape: [4], classes: 2 }, { threads: 1 });
const examples = { inputs: new Float32Array(8), labels: Uint8Array.of(0, 1), shape: [4], classes: 2 };
const how = { epochs: 1, batchSize: 1, learningRate: 0.1, seed: 1 };
const { length } = await learner.train(learner.initialise(1), examples, how);
await learner.close();
console.log([length, typeof simulate, typeof createClient, typeof deploy].join());
`;

describe('the packed product', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'dppdl-package-'));
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'dppdl');
  after(() => rmSync(folder, { recursive: true }));

  const run = (command: string, parameters: readonly string[], cwd: string) => {
    const { status, stdout, stderr } = spawnSync(command, parameters, { cwd, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };

  before(() => {
    run(process.execPath, [join(root, 'scripts', 'package.ts')], root);
    // The scripts of a pack would build once more.
    run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], root);
    const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    mkdirSync(installed, { recursive: true });
    run('tar', ['-xzf', join(folder, archive), '--strip-components=1', '-C', installed], folder);
    // Its dependencies are those of the checkout.
    for (const name of readdirSync(join(root, 'node_modules'))) {
      if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name), 'dir');
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'program.js'), program);
  });

  it('has the command line', () => {
    const launcher = join(installed, 'node', 'launch.mjs');
    assert.match(run(process.execPath, [launcher, '--help'], folder), /^Usage: dppdl/);
    assert.match(run(process.execPath, [launcher, 'config', 'example'], folder), /^# A member's node/);
  });

  it('has the SDK, with kernels, threads and contract', () => {
    assert.equal(run(process.execPath, ['program.js'], folder), '23,function,function,function');
  });

  it('holds no sources and no tests', () => {
    assert.deepEqual(readdirSync(installed).toSorted(), ['LICENSE', 'README.md', 'build', 'node', 'package.json']);
    assert.deepEqual(readdirSync(join(installed, 'node')), ['launch.mjs']);
  });
});
