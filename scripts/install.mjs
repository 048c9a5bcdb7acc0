/**
 * Runs before `npm run demo` and `npm test`: installs the packages when they are missing or older than the lock, and
 * builds what is generated (contract artifacts, WebAssembly kernels) when its sources changed. Plain JavaScript,
 * because it must run on the machine's own Node (20 or newer) before the project's Node 24 is there.
 * @module
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  console.error(`Node ${process.versions.node} is too old: install Node 20 or newer.`);
  process.exit(2);
}

/** Runs npm in the project's folder and stops with its exit code when it fails. */
function npm(args) {
  const options = { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' };
  const { status } = spawnSync('npm', args, options);
  if (status !== 0) {
    console.error(`"npm ${args.join(' ')}" failed; the lines above say why.`);
    process.exit(status ?? 1);
  }
}

const installed = join(root, 'node_modules', '.package-lock.json');
const lock = join(root, 'package-lock.json');
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  console.log('Installing packages (npm ci) …');
  npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
}
npm(['run', '--silent', 'build']);
