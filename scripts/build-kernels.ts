/**
 * Compiles the AssemblyScript sources in `node/<folder>/assembly/<name>.ts` to `build/kernels/<folder>-<name>.wasm`,
 * with relaxed-simd variants `….relaxed.wasm` beside them. Files whose name starts with "_" are libraries.
 * Skips what is newer than all its sources.
 * @module
 */
import { globSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import asc from 'assemblyscript/asc';

const root = join(import.meta.dirname, '..');
const outFolder = join(root, 'build', 'kernels');
const sources = globSync('node/*/assembly/*.ts', { cwd: root });
const newest = Math.max(
  0,
  ...[...sources, 'scripts/build-kernels.ts'].map((file) => statSync(join(root, file)).mtimeMs),
);

/** Compiles one entry file; throws with the compiler's own words when it refuses. */
async function compile(source: string, target: string, relaxed: boolean): Promise<void> {
  const features = relaxed
    ? ['--enable', 'simd,relaxed-simd', '--use', 'RELAXED=1']
    : ['--enable', 'simd', '--use', 'RELAXED=0'];
  const { error, stderr } = await asc.main(
    [source, '--outFile', 'out.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--importMemory', ...features],
    {
      readFile: (name) => {
        try {
          return readFileSync(join(root, name), 'utf8');
        } catch {
          return null; // the compiler probes several places for each import
        }
      },
      writeFile: (_, contents) => {
        const partial = `${target}.${process.pid}`; // whoever loads the kernel meanwhile sees the old or the new one
        writeFileSync(partial, contents);
        renameSync(partial, target);
      },
      listFiles: () => [],
    },
  );
  if (error !== null) throw new Error(`${source}: ${stderr.toString()}`, { cause: error });
}

mkdirSync(outFolder, { recursive: true });
for (const source of sources.filter((file) => !basename(file).startsWith('_'))) {
  const folder = basename(dirname(dirname(source)));
  for (const relaxed of [false, true]) {
    const target = join(outFolder, `${folder}-${basename(source, '.ts')}${relaxed ? '.relaxed' : ''}.wasm`);
    const built = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (built < newest) await compile(source, target, relaxed);
  }
}
