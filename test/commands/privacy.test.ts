/**
 * `dppdl privacy` and `dppdl samples` as a user calls them.
 * @module
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { PNG } from 'pngjs';
import { z } from 'zod';

const main = join(import.meta.dirname, '..', '..', 'node', 'main.ts');
const dppdl = (...parameters: string[]) => promisify(execFile)(process.execPath, [main, ...parameters]);
const step = ['--n', '60000', '--batch', '256', '--steps', '14063', '--delta', '1e-5'];
const reportSchema = z.object({
  sigma: z.number(),
  epsilon: z.object({ tight: z.number(), renyi: z.number(), moments: z.number() }),
});

describe('dppdl privacy', () => {
  it('gives ε by each method', async () => {
    const { stdout } = await dppdl('privacy', ...step, '--sigma', '1.1', '--json');
    const { epsilon } = reportSchema.parse(JSON.parse(stdout));
    assert.ok(Math.abs(epsilon.tight - 2.3817) < 3e-3);
    assert.ok(Math.abs(epsilon.renyi - 2.5967) < 1e-4);
    assert.ok(Math.abs(epsilon.moments - 3.0092) < 1e-4);
  });

  it('warns of a δ that is not well below 1/n', async () => {
    const text = async (delta: string) => (await dppdl('privacy', ...step.with(-1, delta), '--sigma', '1.1')).stdout;
    assert.match(await text('1e-5'), /Warning: δ·n is above/);
    assert.doesNotMatch(await text('1e-6'), /Warning/);
  });

  it('finds the noise for an ε and names the unit for people', async () => {
    const [json, text] = await Promise.all([
      dppdl('privacy', ...step, '--epsilon', '2', '--json'),
      dppdl('privacy', ...step, '--epsilon', '2'),
    ]);
    const { sigma, epsilon } = reportSchema.parse(JSON.parse(json.stdout));
    assert.ok(epsilon.tight <= 2 && epsilon.tight > 1.995 && sigma > 1.1);
    assert.match(text.stdout, /one original record/);
  });

  it('refuses what makes no sense', async () => {
    for (const wrong of [
      [...step],
      [...step, '--sigma', '-1'],
      [...step, '--sigma', '1', '--epsilon', '1'],
      ['--n', '10', '--batch', '20', '--steps', '1', '--delta', '1e-5', '--sigma', '1'],
    ]) {
      await assert.rejects(dppdl('privacy', ...wrong), { code: 2 });
    }
  });
});

describe('dppdl samples', () => {
  it('draws samples and says what showing them costs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dppdl-samples-'));
    try {
      const out = join(folder, 'grid.png');
      const { stdout } = await dppdl(
        'samples',
        '--records',
        '300',
        '--count',
        '6',
        '--columns',
        '3',
        '--out',
        out,
        '--json',
      );
      const report = z
        .object({ generator: z.string(), epsilon: z.number(), unit: z.string() })
        .parse(JSON.parse(stdout));
      assert.deepEqual(report, { generator: 'gaussian', epsilon: 4, unit: 'record' });
      const png = PNG.sync.read(await readFile(out));
      assert.deepEqual([png.width, png.height], [3 * 34 + 2, 2 * 34 + 2]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('accounts as the paper does for dpgan only', async () => {
    await assert.rejects(dppdl('samples', '--generator', 'gaussian', '--paper-accounting'), {
      stderr: /--paper-accounting is for dpgan/,
    });
  });
});
