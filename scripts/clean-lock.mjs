/**
 * Removes `engines` from the entries of package-lock.json. The project brings its own Node 24, but npm may run on
 * Node 20 and would then silently skip optional native packages (Hardhat's EDR among them) that ask for more.
 * `--check` changes nothing and exits 1 when the lock needs cleaning.
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const entries = Object.entries(lock.packages).filter(([name, entry]) => name !== '' && entry.engines !== undefined);
if (process.argv.includes('--check')) {
  if (entries.length > 0) {
    console.error(`package-lock.json: ${entries.length} entries carry engines; run: npm run clean-lock`);
    process.exit(1);
  }
} else {
  for (const [, entry] of entries) delete entry.engines;
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: removed engines from ${entries.length} entries`);
}
