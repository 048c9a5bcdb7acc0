/**
 * The npm package `solc` behind the command line of the native compiler, as far as other tools call it:
 * `--version`, and `--standard-json` from stdin to stdout.
 * @module
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const solc: { compile(input: string): string; version(): string } = createRequire(import.meta.url)('solc');

if (process.argv.includes('--version')) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')));
}
