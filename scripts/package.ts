/**
 * Makes what `npm pack` packs, in build/package: the product as JavaScript with its types, its pages, kernels and
 * contract. Development needs none of this: Node 24 runs the sources of a checkout as they are.
 * @module
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const target = join(root, 'build', 'package');
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });

const compiler = {
  extends: '../../tsconfig.json',
  compilerOptions: {
    noEmit: false,
    declaration: true,
    rewriteRelativeImportExtensions: true,
    rootDir: '../..',
    outDir: '.',
  },
  include: ['../../node', '../../sdk'],
  exclude: ['../../node/*/assembly'],
};
const configuration = join(target, 'tsconfig.json');
writeFileSync(configuration, JSON.stringify(compiler));
const tsc = join(root, 'node_modules', '.bin', 'tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', configuration], { stdio: 'inherit' });
if (status !== 0) process.exit(1);
rmSync(configuration);

const assets = [
  ...globSync('{node,sdk}/**/*.{html,css}', { cwd: root }),
  ...globSync('build/kernels/*.wasm', { cwd: root }),
  'build/artifacts/contracts/Dppdl.sol/Dppdl.json',
  'package.json',
];
for (const file of assets) {
  mkdirSync(dirname(join(target, file)), { recursive: true });
  cpSync(join(root, file), join(target, file));
}
