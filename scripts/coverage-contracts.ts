/**
 * Lines and branches of the contracts that the Solidity tests go through: `node scripts/coverage-contracts.ts`.
 * Hardhat counts no branches, so this has Foundry's `forge coverage` do it, fetched by npm when it runs, in a folder of
 * its own, with the compiler that Hardhat uses too. A branch is a side of a condition that has code of its own. Left out
 * are the invariants, whose random calls meet nearly everything by chance.
 * @module
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';

/** Share of lines and of branches below which the command fails. */
const NEEDED = 0.98;
const FORGE = `@foundry-rs/forge-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}@1.7.1`;

const SETTINGS = `[profile.default]
src = "contracts"
test = "test/contracts"
libs = []
solc = "./solc"
evm_version = "london"
auto_detect_remappings = false
fuzz = { runs = 256, seed = "0x7" }
`;

/** What was counted in one file: how many there are and how many were met. */
interface Counts {
  lines: [number, number];
  branches: [number, number];
  functions: [number, number];
  /** Line numbers of what was not met. */
  readonly missed: Set<number>;
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'dppdl-coverage-'));
try {
  for (const part of ['contracts', 'test/contracts'])
    cpSync(path(`../${part}`), join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'foundry.toml'), SETTINGS);
  const compiler = `#!/bin/sh\nexec "${process.execPath}" "${path('solcExecutable.ts')}" "$@"\n`;
  writeFileSync(join(folder, 'solc'), compiler, { mode: 0o755 });
  const forge = ['coverage', '--report', 'lcov', '--no-match-contract', 'Invariants', '--no-match-coverage', '^test'];
  const { status } = spawnSync('npm', ['exec', '--yes', `--package=${FORGE}`, '--', 'forge', ...forge], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('forge coverage failed');
  report(readCounts(readFileSync(join(folder, 'lcov.info'), 'utf8')));
} finally {
  rmSync(folder, { recursive: true });
}

/** Reads the LCOV tracefile format. */
function readCounts(text: string): Map<string, Counts> {
  const files = new Map<string, Counts>();
  let counts: Counts | undefined;
  for (const line of text.split('\n')) {
    const [key, value = ''] = line.split(/:(.*)/);
    if (key === 'SF') {
      counts = { lines: [0, 0], branches: [0, 0], functions: [0, 0], missed: new Set() };
      files.set(value, counts);
    }
    if (counts === undefined) continue;
    const fields = value.split(',');
    const met = Number(fields.at(key === 'FNDA' ? 0 : -1)) > 0 ? 1 : 0;
    const kind =
      key === 'DA' ? counts.lines : key === 'BRDA' ? counts.branches : key === 'FNDA' ? counts.functions : undefined;
    if (kind === undefined) continue;
    kind[0] += met;
    kind[1] += 1;
    if (met === 0 && key !== 'FNDA') counts.missed.add(Number(fields[0]));
  }
  return files;
}

/** Prints the table; the exit code says whether it is enough. */
function report(files: ReadonlyMap<string, Counts>): void {
  const shown = ([met, all]: readonly [number, number]) => `${met} of ${all}`;
  const table = new Table({ head: ['contract', 'lines', 'branches', 'functions', 'not met'] });
  for (const [file, { lines, branches, functions, missed }] of files) {
    table.push([file, shown(lines), shown(branches), shown(functions), [...missed].join(', ')]);
  }
  const sum = (kind: 'lines' | 'branches' | 'functions') =>
    [...files.values()].reduce<[number, number]>(
      ([met, all], counts) => [met + counts[kind][0], all + counts[kind][1]],
      [0, 0],
    );
  table.push(['all', shown(sum('lines')), shown(sum('branches')), shown(sum('functions')), '']);
  console.log(table.toString());
  const isEnough = (['lines', 'branches'] as const).every(
    (kind) => sum(kind)[0] >= NEEDED * sum(kind)[1] && sum(kind)[1] > 0,
  );
  if (isEnough) return;
  console.error(`Less than ${100 * NEEDED} % of the lines or of the branches are met.`);
  process.exitCode = 1;
}
