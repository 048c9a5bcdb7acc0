/**
 * Compiles the AssemblyScript sources in `node/<folder>/assembly/<name>.ts` to `build/kernels/<folder>-<name>.wasm`,
 * with relaxed-simd variants `….relaxed.wasm` beside them. Files whose name starts with "_" are libraries.
 * Skips what is newer than all its sources.
 * @module
 */
import { globSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { compileKernel } from './compileKernel.ts';

const root = join(import.meta.dirname, '..');
const outFolder = join(root, 'build', 'kernels');
const sources = globSync('node/*/assembly/*.ts', { cwd: root });
const newest = Math.max(
  0,
  ...[...sources, 'scripts/build-kernels.ts', 'scripts/compileKernel.ts'].map(
    (file) => statSync(join(root, file)).mtimeMs,
  ),
);

function readSource(path: string): string | null {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return null; // the compiler probes several places for each import
  }
}

mkdirSync(outFolder, { recursive: true });
for (const source of sources.filter((file) => !basename(file).startsWith('_'))) {
  const folder = basename(dirname(dirname(source)));
  for (const relaxed of [false, true]) {
    const target = join(outFolder, `${folder}-${basename(source, '.ts')}${relaxed ? '.relaxed' : ''}.wasm`);
    const built = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (built >= newest) continue;
    const partial = `${target}.${process.pid}`; // whoever loads the kernel meanwhile sees the old or the new one
    writeFileSync(partial, await compileKernel(source, relaxed, readSource));
    renameSync(partial, target);
  }
}
