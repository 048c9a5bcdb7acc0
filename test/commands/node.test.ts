/**
 * `dppdl node` as a process: it stops with one sentence and an exit code when it cannot run, and cleanly when asked.
 * @module
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { readNodeSecret } from '../../node/keystore.ts';
import { createNodeKeys } from '../../node/nodeKeys.ts';
import { createSqliteStore } from '../../node/store/sqliteStore.ts';
import { getEvents } from '../../sdk/actions/getEvents.ts';
import { getParties } from '../../sdk/actions/getParties.ts';
import { createClient } from '../../sdk/client.ts';
import { freePort } from '../chain.ts';
import { dppdl } from './cli.ts';
import {
  consortium,
  createSite,
  createSites,
  type SiteConfig,
  type Sites,
  writeConfig,
  writeExamples,
} from './site.ts';

/** A node that has registered, as a process; it is killed when it is disposed of. */
interface RunningNode extends AsyncDisposable {
  readonly party: number;
  /** What it has written to standard error. */
  errors(): string;
  /** Asks it to stop. @returns its exit code. */
  stop(): Promise<number | null>;
}

/**
 * Starts a node and waits until it has registered.
 * @param signal - the test's: whatever ends the test, its time being over included, kills the node.
 */
async function startNode(file: string, signal: AbortSignal): Promise<RunningNode> {
  const program = fileURLToPath(new URL('../../node/main.ts', import.meta.url));
  const child = spawn(process.execPath, [program, 'node', '--config', file, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  // Tells of the signal alone; that the child has ended is what matters.
  child.once('error', () => undefined);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const end = (signal: 'SIGTERM' | 'SIGKILL') => {
    child.kill(signal);
    return ended;
  };
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line);
      if (event.type !== 'registered') continue;
      return {
        party: event.party,
        errors: () => errors,
        stop: () => end('SIGTERM'),
        [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
      };
    }
    throw new Error(errors);
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
}

describe('dppdl node', { timeout: 300_000 }, () => {
  let sites: Sites;
  before(async () => {
    sites = await createSites();
  });
  after(() => sites.stop());

  const troubles: [string, string, number, (config: SiteConfig, site: string) => unknown][] = [
    ['an unknown key', 'UNKNOWN_KEY', 2, (config) => Object.assign(config, { lisen: [] })],
    ['no data', 'NOT_FOUND', 3, (config) => Object.assign(config.data.train, { images: 'nowhere/images' })],
    ['mislabelled data', 'BAD_HEADER', 3, (config) => Object.assign(config.data.train, { labels: 'data/images' })],
    ['a wrong password', 'WRONG_PASSWORD', 4, (_, site) => writeFile(join(site, 'password'), 'battery staple\n')],
    ['another chain', 'WRONG_CHAIN', 5, (config) => Object.assign(config.ledger, { chainId: 1 })],
    ['no contract', 'NO_CONTRACT', 5, (config) => Object.assign(config.ledger, { contract: `0x${'12'.repeat(20)}` })],
    [
      'another consortium',
      'WRONG_CONSORTIUM',
      2,
      (_, site) => writeFile(join(site, 'consortium.yaml'), stringify({ ...consortium, seed: 2 })),
    ],
  ];
  for (const [name, code, exitCode, change] of troubles) {
    it(`stops at ${name} with ${code}, exit code ${exitCode}`, async () => {
      const { file } = await sites.siteWith(name, change);
      const ended = await dppdl(['node', '--config', file, '--json']);
      const { error } = JSON.parse(ended.stderr.trim().split('\n').at(-1) ?? '');
      assert.deepEqual([error.code, ended.exitCode], [code, exitCode], ended.stderr);
      assert.ok(error.message && error.action);
    });
  }

  it('says for people what is wrong and what to do, in two lines and without a stack', async () => {
    const { file, site } = await sites.siteWith('text', (config) =>
      Object.assign(config.data.train, { images: 'none' }),
    );
    const ended = await dppdl(['node', '--config', file]);
    assert.equal(ended.stdout, '');
    const lines = ended.stderr.trim().split('\n');
    assert.equal(lines.length, 2, ended.stderr);
    assert.ok(lines[0].includes(join(site, 'none')) && lines[1].startsWith('→ '));
    assert.ok(!(await readdir(site)).includes('state'), 'nothing was written');
    const debug = await dppdl(['node', '--config', file], { DPPDL_DEBUG: '1' });
    assert.match(debug.stderr, /\n {4}at .*Caused by: /s);
  });

  it('asks whether it may join before it makes samples, which cost their ε', async () => {
    const { file, site } = await sites.siteWith('uninvited', async (config) => {
      const { chain, contract, folder } = sites;
      const accountKey = chain.wallets[4].privateKey;
      await createSite(join(folder, 'stranger'), { rpcUrl: chain.url, contract, accountKey });
      config.keys = { ...config.keys, account: join(folder, 'stranger/keys/account.json') };
    });
    const ended = await dppdl(['node', '--config', file]);
    assert.equal(ended.exitCode, 11, ended.stderr);
    using budget = new DatabaseSync(join(site, 'budget', 'budget.sqlite'), { readOnly: true });
    assert.deepEqual(budget.prepare('SELECT * FROM release').all(), [], 'no release was recorded');
  });

  it('does not take a data folder to another ledger', async () => {
    const { file, site } = await sites.siteWith('old folder', () => {});
    const secret = createNodeKeys(await readNodeSecret(join(site, 'keys/node.json'), 'correct horse')).storeKey;
    const ledger = { chainId: 31337, contract: `0x${'12'.repeat(20)}` };
    createSqliteStore({ folder: join(site, 'state'), secret, ledger }).close();
    const ended = await dppdl(['node', '--config', file, '--json']);
    assert.equal(ended.exitCode, 8, ended.stderr);
    assert.match(ended.stderr, /WRONG_LEDGER/);
  });

  it('stops when its port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address !== 'string');
    const { file } = await sites.siteWith('port', (config) => {
      Object.assign(config, { listen: [`/ip4/127.0.0.1/tcp/${address.port}`] });
    });
    const ended = await dppdl(['node', '--config', file, '--json']);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(ended.exitCode, 6, ended.stderr);
    assert.match(ended.stderr, /ADDRESS_IN_USE/);
  });

  it('registers, serves its status, and ends with 0 when asked to stop', { timeout: 120_000 }, async ({ signal }) => {
    const { file, site } = await sites.siteWith('whole', (config) => {
      Object.assign(config, { metrics: { port: 0 }, log: { file: 'state/node.log' } });
    });
    await using node = await startNode(file, signal);
    assert.equal(node.party, 0, node.errors());
    const url = /"url":"([^"]+)"/.exec(node.errors())?.[1];
    const status = JSON.parse(await (await fetch(`${url}/status.json`)).text());
    assert.equal(status.party, 0);
    assert.equal(await node.stop(), 0, node.errors());
    const log = await readFile(join(site, 'state/node.log'), 'utf8');
    assert.match(log, /"msg":"Stopped"/);
    assert.ok(!log.includes(sites.chain.wallets[0].privateKey.slice(2)) && !log.includes('correct horse'));
  });

  it('states its data anew when they have grown, and publishes no new samples', { timeout: 120_000 }, async ({
    signal,
  }) => {
    const { chain, contract, folder } = sites;
    const site = join(folder, 'growing');
    const accountKey = chain.wallets[1].privateKey;
    const config = await createSite(site, { rpcUrl: chain.url, contract, accountKey });
    const reader = await createClient({ rpcUrl: chain.url, chainId: chain.chainId, contract });
    const runOnce = async () => {
      await using node = await startNode(await writeConfig(site, config), signal);
      assert.equal(await node.stop(), 0, node.errors());
      const { examples, samples, registeredAt } = (await getParties(reader))[node.party];
      const events = await getEvents(reader, { name: 'Registered', indexed: [node.party] });
      const hashes = new Set(events.map(({ registration }) => registration.samplesHash));
      return { examples, samples, registeredAt, hashes: hashes.size, times: events.length };
    };
    const { registeredAt, ...first } = await runOnce();
    assert.deepEqual(first, { examples: 40, samples: 4, hashes: 1, times: 1 });
    await writeExamples(site, 60);
    Object.assign(config, { samples: { sharingLevel: 0.5 }, listen: [`/ip4/127.0.0.1/tcp/${await freePort()}`] });
    const second = await runOnce();
    // Half of 60 would be more than the 10 that were published.
    assert.deepEqual(
      { ...second, registeredAt: 0 },
      { examples: 60, samples: 10, registeredAt: 0, hashes: 1, times: 2 },
    );
    assert.deepEqual(await runOnce(), second, 'nothing has changed since');
    using budget = new DatabaseSync(join(site, 'budget', 'budget.sqlite'), { readOnly: true });
    assert.equal(budget.prepare('SELECT * FROM release').all().length, 1, 'samples were made once');
    reader.close();
  });

  // Last: it moves the chain's clock for good.
  it('refuses to run with a clock that is far off', async () => {
    await sites.chain.increaseTime(600);
    const { file } = await sites.siteWith('clock', () => {});
    const ended = await dppdl(['node', '--config', file, '--json']);
    assert.match(ended.stderr, /CLOCK_SKEW/);
    assert.equal(ended.exitCode, 2);
  });
});
