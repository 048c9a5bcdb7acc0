/**
 * Breaks the contracts one small change at a time and looks whether a test notices. Every comparison is flipped, every
 * check dropped, every sum and balance update reversed, every set operation changed and every call, assignment and event
 * left out, each in a contract of its own. A broken contract is first held against the model on random lives, and if
 * it passes, put through the Solidity tests (without the invariants, which the model's lives go beyond).
 *
 *   node scripts/mutate-contracts.ts [--list] [--only <part of file:line>] [--lives <n>] [--stop-after <minutes>] [--shard 1/2]
 *
 * Takes hours, and can be stopped at any time: verdicts are kept in `build/mutants.jsonl`, and the next run goes on from
 * there as long as the contracts are the same. Only what survived is tried again, because tests may have been added.
 * Prints the survivors and exits 1 when fewer than 95 % are noticed, 2 when nothing was judged.
 * @module
 */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { concludeMutation } from './mutation/conclude.ts';
import { contractMutants } from './mutation/contractMutants.ts';
import { fingerprint, type Mutant, printMutants } from './mutation/mutant.ts';
import { openVerdicts, type Verdict } from './mutation/verdicts.ts';

const root = join(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    lives: { type: 'string', default: '40' },
    'stop-after': { type: 'string', default: '600' },
    shard: { type: 'string', default: '1/1' },
  },
});

const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string };
const compiled = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).default([]),
  contracts: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.object({ abi: z.array(z.unknown()), evm: z.object({ bytecode: z.object({ object: z.string() }) }) }),
      ),
    )
    .default({}),
});

const names = readdirSync(join(root, 'contracts'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.sol'),
);
const originals = new Map(names.map((name) => [name, readFileSync(join(root, 'contracts', name), 'utf8')]));

/** Compiles the contracts with one file replaced; undefined when they do not compile. */
function compile(mutant?: Mutant) {
  const sources = Object.fromEntries(
    [...originals].map(([name, content]) => [
      `contracts/${name}`,
      { content: name === mutant?.file ? mutant.source : content },
    ]),
  );
  const settings = {
    // Three times faster to compile; what the code does is the same.
    optimizer: { enabled: false },
    evmVersion: 'london',
    outputSelection: { 'contracts/Dppdl.sol': { Dppdl: ['abi', 'evm.bytecode.object'] } },
  };
  const output = compiled.parse(JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings }))));
  if (output.errors.some(({ severity }) => severity === 'error')) return undefined;
  const { abi, evm } = output.contracts['contracts/Dppdl.sol']['Dppdl'];
  return { abi, bytecode: `0x${evm.bytecode.object}` };
}

const judge = fork(join(root, 'test/ledger/judge.ts'));

/** Whether the model notices. */
async function modelNotices(artifact: { abi: readonly unknown[]; bytecode: string }): Promise<boolean> {
  judge.send({ ...artifact, lives: Number(options.lives) });
  const [answer] = await once(judge, 'message');
  return answer === true;
}

/** Whether the Solidity tests notice. */
function testsNotice(mutant?: Mutant): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'dppdl-mutant-'));
  try {
    for (const name of ['contracts', 'test/contracts', 'hardhat.config.ts', 'package.json', 'tsconfig.json']) {
      cpSync(join(root, name), join(folder, name), { recursive: true });
    }
    // Quick to compile and few fuzz runs: a thousand changes have to go through this.
    const config = readFileSync(join(root, 'hardhat.config.ts'), 'utf8');
    const quick = config.replace('runs: 256', 'runs: 16').replace('enabled: true', 'enabled: false');
    writeFileSync(join(folder, 'hardhat.config.ts'), quick);
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    if (mutant !== undefined) writeFileSync(join(folder, 'contracts', mutant.file), mutant.source);
    const command = [join(root, 'node_modules/.bin/hardhat'), 'test', 'solidity', '--grep-exclude', 'invariant'];
    const { status } = spawnSync(process.execPath, command, { cwd: folder, env: { ...process.env, CI: '1' } });
    return status !== 0; // gas ends a loop that would not end
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [shard, shards] = options.shard.split('/').map(Number);
const all = [...originals]
  .filter(([name]) => !name.startsWith('interfaces/'))
  .flatMap(([name, text]) => contractMutants(name, text))
  .filter(({ file, line }) => `${file}:${line}`.includes(options.only))
  .filter((_, index) => index % shards === shard - 1);
console.log(`${all.length} changes`);
if (options.list) {
  judge.disconnect();
  await printMutants(all);
  process.exit(0);
}
const original = compile();
if (original === undefined) throw new Error('the contracts do not compile as they are');
if ((await modelNotices(original)) || testsNotice()) throw new Error('the contracts do not pass as they are');

const verdicts = openVerdicts(join(root, 'build/mutants.jsonl'));

async function judgeMutant(mutant: Mutant): Promise<Verdict> {
  const artifact = compile(mutant);
  if (artifact === undefined) return 'uncompilable';
  return (await modelNotices(artifact)) || testsNotice(mutant) ? 'noticed' : 'survived';
}

const count: Record<Verdict, number> = { noticed: 0, survived: 0, same: 0, uncompilable: 0 };
const open: { readonly mutant: Mutant; readonly print: string }[] = [];
for (const mutant of all) {
  const print = fingerprint(originals, mutant);
  const verdict = verdicts.settled(print);
  if (verdict === undefined) open.push({ mutant, print });
  else count[verdict]++;
}
if (open.length < all.length) console.log(`${all.length - open.length} are known from an earlier run`);

const started = Date.now();
const end = started + Number(options['stop-after']) * 60_000;
let done = 0;
for (const { mutant, print } of open) {
  if (Date.now() > end) {
    console.log(`stopped with ${open.length - done} of ${all.length} changes to go`);
    break;
  }
  const verdict = await judgeMutant(mutant);
  count[verdict]++;
  done++;
  verdicts.add(print, verdict);
  if (verdict === 'survived') console.log(`survived  ${mutant.file}:${mutant.line}  ${mutant.what}`);
  if (done % 20 !== 0) continue;
  const left = Math.ceil(((Date.now() - started) / done) * ((open.length - done) / 60_000));
  console.log(`${all.length - open.length + done} of ${all.length}: ${JSON.stringify(count)}, ${left} minutes left`);
}
judge.disconnect();
console.log(JSON.stringify(count));
process.exitCode = concludeMutation(count);
