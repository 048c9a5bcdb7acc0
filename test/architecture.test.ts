/**
 * The dependency table of the project, and the absence of import cycles. Type-only imports count too.
 * @module
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '..');

/** Rooms that may be imported from each room, besides itself; `packages` lists the npm packages it may use. */
const table: Record<string, { rooms: readonly string[]; packages: readonly string[] | 'any' }> = {
  vocabulary: { rooms: [], packages: ['zod', 'pure-rand'] },
  gradient: { rooms: ['vocabulary'], packages: [] },
  credibility: { rooms: ['vocabulary'], packages: [] },
  onion: { rooms: ['vocabulary', 'gradient'], packages: ['@hpke/', '@noble/'] },
  algorithm: { rooms: ['vocabulary', 'gradient', 'credibility', 'onion'], packages: [] },
};
const vocabulary = ['types', 'errors', 'random', 'consortium'];
/** Adapters may use the vocabulary and the port types, never one another. */
const adapters = ['dataset', 'learner', 'samples', 'peer', 'ledger', 'store'];
/** Nobody but these may put adapters together. */
const roots = ['node', 'commands', 'preflight', 'simulation', 'scripts', 'main', 'statusServer', 'releases'];

interface Import {
  readonly from: string;
  readonly to: string;
}

/** All source files with their relative imports, resolved, and their package imports. */
function readImports(): { files: string[]; local: Import[]; packages: Import[] } {
  const files = globSync('{node,sdk,scripts}/**/*.ts', { cwd: root }).filter((file) => !file.includes('/assembly/'));
  const local: Import[] = [];
  const packages: Import[] = [];
  for (const file of files) {
    const source = readFileSync(join(root, file), 'utf8');
    const statements = /(?:^|\n)(?:import|export)\s(?:[\w*{][^;]*?\sfrom\s)?'([^']+)'|\bimport\('([^']+)'\)/g;
    for (const [, fixed, lazy] of source.matchAll(statements)) {
      const specifier = fixed ?? lazy;
      if (specifier.startsWith('.')) {
        local.push({ from: file, to: relative(root, resolve(root, dirname(file), specifier)) });
      } else if (!specifier.startsWith('node:')) packages.push({ from: file, to: specifier });
    }
  }
  return { files, local, packages };
}

/** The room a file lives in. */
function roomOf(file: string): string {
  const [top, second] = file.split('/');
  if (top !== 'node') return top;
  const name = second.replace(/\.ts$/, '');
  return vocabulary.includes(name) ? 'vocabulary' : name;
}

const { files, local, packages } = readImports();

describe('architecture', () => {
  it('reads the sources', () => {
    assert.ok(files.length > 10 && local.length > 10);
    for (const { from, to } of local)
      assert.ok(existsSync(join(root, to)), `${from} imports ${to}, which does not exist`);
  });

  it('keeps formulas and the algorithm free of the world', () => {
    for (const [room, { rooms, packages: allowed }] of Object.entries(table)) {
      for (const { from, to } of local) {
        if (roomOf(from) !== room) continue;
        const target = roomOf(to);
        assert.ok(target === room || rooms.includes(target), `${from} (${room}) must not import ${to} (${target})`);
      }
      for (const { from, to } of packages) {
        if (roomOf(from) !== room || allowed === 'any') continue;
        assert.ok(
          allowed.some((name) => to === name || to.startsWith(name)),
          `${from} (${room}) must not import the package ${to}`,
        );
      }
    }
  });

  it('keeps adapters apart: they know the ports, not one another', () => {
    for (const { from, to } of local) {
      const [room, target] = [roomOf(from), roomOf(to)];
      if (!adapters.includes(room) || !adapters.includes(target) || room === target) continue;
      assert.fail(`${from} (${room}) must not import ${to} (${target})`);
    }
  });

  it('lets composition roots alone put adapters together', () => {
    const used = new Map<string, Set<string>>();
    for (const { from, to } of local) {
      if (adapters.includes(roomOf(to)) && roomOf(from) !== roomOf(to)) {
        used.set(roomOf(from), (used.get(roomOf(from)) ?? new Set()).add(roomOf(to)));
      }
    }
    for (const [room, targets] of used) {
      assert.ok(targets.size < 2 || roots.includes(room), `${room} puts ${[...targets].join(', ')} together`);
    }
  });

  it("keeps the sdk off the node's adapters", () => {
    for (const { from, to } of local) {
      if (roomOf(from) === 'sdk') assert.ok(!adapters.includes(roomOf(to)), `${from} must not import ${to}`);
    }
  });

  it('lets nobody import programs', () => {
    for (const { from, to } of local) {
      if (roomOf(to) === 'scripts') assert.equal(roomOf(from), 'scripts', `${from} must not import ${to}`);
      if (to === 'node/main.ts') assert.fail(`${from} must not import ${to}`);
    }
  });

  it('has no import cycle', () => {
    const next = new Map<string, string[]>();
    for (const { from, to } of local) next.set(from, [...(next.get(from) ?? []), to]);
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      assert.ok(!path.includes(file), `cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
      if (done.has(file)) return;
      for (const target of next.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });
});
