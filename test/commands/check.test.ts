/**
 * `dppdl check` tells one trouble from another: each way a site can be wrong is one failed line with its own exit code,
 * and nothing is written.
 * @module
 */
import assert from 'node:assert/strict';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { readNodeSecret } from '../../node/keystore.ts';
import { createChainLedger } from '../../node/ledger/chainLedger.ts';
import { toChain } from '../../node/ledger/registrations.ts';
import { createNodeKeys } from '../../node/nodeKeys.ts';
import { createPeer, peerIdOf } from '../../node/peer/peer.ts';
import type { Finding } from '../../node/preflight/looks.ts';
import type { Party, Registration } from '../../node/types.ts';
import { init } from '../../sdk/actions/init.ts';
import { invite } from '../../sdk/actions/invite.ts';
import { createClient } from '../../sdk/client.ts';
import { freePort } from '../chain.ts';
import { fastSending, registrationOf } from '../sdk/ledgerFixture.ts';
import { dppdl } from './cli.ts';
import { consortium, createSite, createSites, type SiteConfig, type Sites } from './site.ts';

/** A registration of which only the peer id is looked at. */
const anyRegistration: Registration = {
  peerId: '',
  address: '',
  maskKey: new Uint8Array(32),
  encryptionKey: new Uint8Array(32),
  examples: 1,
  samples: 1,
  samplesHash: new Uint8Array(32),
  privacy: { generator: 'gaussian', epsilon: 1, delta: 1e-5, unit: 'record' },
};

interface Answer {
  readonly ready: boolean;
  readonly exitCode: number;
  readonly findings: readonly Finding[];
}

describe('dppdl check', { timeout: 300_000 }, () => {
  let sites: Sites;
  before(async () => {
    sites = await createSites();
  });
  after(() => sites.stop());

  const check = async (file: string): Promise<{ answer: Answer; exitCode: number | null }> => {
    const { stdout, exitCode } = await dppdl(['check', '--config', file, '--json']);
    return { answer: JSON.parse(stdout), exitCode };
  };

  it('finds everything right, line by line', async () => {
    const { file, site } = await sites.siteWith('all right', () => {});
    const { answer, exitCode } = await check(file);
    assert.equal(exitCode, 0, JSON.stringify(answer, null, 1));
    assert.deepEqual(
      answer.findings.map(({ name, state }) => `${name}: ${state}`),
      [
        ...['configuration: ok', 'consortium file: ok', 'keys: ok', 'data: ok', 'model: ok'],
        ...['data folder: ok', 'listening: ok', 'status page: ok'],
        ...['chain: ok', 'clock: ok', 'ledger: ok', 'membership: ok', 'other parties: ok'],
      ],
    );
    assert.ok(!(await readdir(site)).includes('state'), 'the data folder is not created');
    const text = await dppdl(['check', '--config', file]);
    assert.equal(text.exitCode, 0);
    assert.equal(text.stdout.split('\n').filter((line) => line.startsWith('✓')).length, 13);
  });

  const truncate = async (path: string) => writeFile(path, (await readFile(path)).subarray(0, -1));
  const troubles: [string, string, string, number, (config: SiteConfig, site: string) => unknown][] = [
    ['an unknown key', 'configuration', 'UNKNOWN_KEY', 2, (config) => Object.assign(config, { lisen: [] })],
    [
      'a value out of range',
      'configuration',
      'INVALID_VALUE',
      2,
      (config) => Object.assign(config, { samples: { sharingLevel: 2 } }),
    ],
    [
      'no consortium file',
      'consortium file',
      'NOT_FOUND',
      2,
      (config) => Object.assign(config, { consortium: 'none' }),
    ],
    [
      'a wrong password',
      'keys',
      'WRONG_PASSWORD',
      4,
      (_, site) => writeFile(join(site, 'password'), 'battery staple\n'),
    ],
    ['no keystore', 'keys', 'NOT_FOUND', 4, (config) => Object.assign(config.keys, { account: 'none' })],
    [
      'no data folder',
      'data',
      'NOT_FOUND',
      3,
      (config) => Object.assign(config.data.train, { images: 'nowhere/images' }),
    ],
    ['a truncated file', 'data', 'TRUNCATED', 3, (_, site) => truncate(join(site, 'data/images'))],
    [
      'labels for images',
      'data',
      'BAD_HEADER',
      3,
      (config) => Object.assign(config.data.train, { images: 'data/labels' }),
    ],
    [
      'a label that is no class',
      'data',
      'LABEL_OUT_OF_RANGE',
      3,
      async (_, site) => {
        const bytes = await readFile(join(site, 'data/labels'));
        bytes[bytes.length - 1] = 2;
        await writeFile(join(site, 'data/labels'), bytes);
      },
    ],
    [
      'a data folder that cannot be made',
      'data folder',
      'FAILED',
      8,
      (config) => Object.assign(config, { dataFolder: 'password/state' }),
    ],
    [
      'a chain that is not there',
      'chain',
      'RPC_UNAVAILABLE',
      5,
      async (config) => Object.assign(config.ledger, { rpcUrl: `http://127.0.0.1:${await freePort()}` }),
    ],
    ['another chain', 'chain', 'WRONG_CHAIN', 5, (config) => Object.assign(config.ledger, { chainId: 1 })],
    [
      'an address without code',
      'chain',
      'NO_CONTRACT',
      5,
      (config) => Object.assign(config.ledger, { contract: `0x${'12'.repeat(20)}` }),
    ],
    [
      'another consortium',
      'ledger',
      'WRONG_CONSORTIUM',
      2,
      (_, site) => writeFile(join(site, 'consortium.yaml'), stringify({ ...consortium, seed: 2 })),
    ],
  ];
  for (const [name, line, code, exitCode, change] of troubles) {
    it(`names ${name}: ${line} ${code}, exit code ${exitCode}`, async () => {
      const { file, site } = await sites.siteWith(name, change);
      const found = await check(file);
      const failed = found.answer.findings.filter(({ state }) => state === 'failed');
      assert.deepEqual(
        failed.map((each) => [each.name, each.code]),
        [[line, code]],
        JSON.stringify(failed, null, 1),
      );
      assert.equal(found.exitCode, exitCode);
      assert.equal(found.answer.ready, false);
      assert.ok(failed[0].action && !failed[0].detail.includes('\n'));
      assert.ok(!(await readdir(site)).includes('state'), 'the data folder is not created');
    });
  }

  it('tries the model, and so its kernels or its topology', async () => {
    const { file } = await sites.siteWith('no topology', (_, site) => {
      const model = { kind: 'layers', sha256: '00'.repeat(32) };
      return writeFile(join(site, 'consortium.yaml'), stringify({ ...consortium, model }));
    });
    const { answer, exitCode } = await check(file);
    assert.equal(answer.findings.find(({ name }) => name === 'model')?.code, 'INVALID_MODEL');
    assert.equal(exitCode, 9);
  });

  it('names a port in use', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address !== 'string');
    const { port } = address;
    try {
      for (const [name, keys] of [
        ['listening', { listen: [`/ip4/127.0.0.1/tcp/${port}`] }],
        ['status page', { metrics: { port } }],
      ] as const) {
        const { file } = await sites.siteWith(name, (config) => Object.assign(config, keys));
        const { answer, exitCode } = await check(file);
        const failed = answer.findings.find(({ state }) => state === 'failed');
        assert.deepEqual([failed?.name, failed?.code, exitCode], [name, 'ADDRESS_IN_USE', 6]);
        // The node says the same.
        const ended = await dppdl(['node', '--config', file, '--json']);
        assert.match(ended.stderr, /ADDRESS_IN_USE/);
        assert.equal(ended.exitCode, 6);
      }
    } finally {
      server.close();
    }
  });

  it('warns, and goes on, about files others may read', async () => {
    const { file } = await sites.siteWith('warnings', (_, site) => chmod(join(site, 'password'), 0o644));
    const { answer, exitCode } = await check(file);
    assert.deepEqual(
      answer.findings.filter(({ state }) => state === 'warning').map(({ name }) => name),
      ['keys'],
    );
    assert.equal(exitCode, 0);
  });

  it('tries an account on the ledger: nobody invited it, or its invitation is another’s, or it may join', async () => {
    const [member, , , , stranger] = sites.chain.wallets;
    const uninvited = await sites.siteWith('uninvited', async (config) => {
      const { chain, contract, folder } = sites;
      const other = await createSite(join(folder, 'stranger'), {
        rpcUrl: chain.url,
        contract,
        accountKey: stranger.privateKey,
      });
      config.keys = { ...other.keys, account: join(folder, 'stranger/keys/account.json') };
    });
    const refusal = async () => {
      const { answer, exitCode } = await check(uninvited.file);
      const [failed] = answer.findings.filter(({ state }) => state === 'failed');
      return [failed?.name, failed?.code, exitCode];
    };
    assert.deepEqual(await refusal(), ['membership', 'REVERTED', 11]);

    const { url: rpcUrl, chainId } = sites.chain;
    const client = await createClient({ rpcUrl, chainId, contract: sites.contract, signer: member });
    const expires = Math.floor(Date.now() / 1000) + 3600;
    const config = parse(await readFile(uninvited.file, 'utf8'));
    config.ledger.invitation = 'invitation.json';
    await writeFile(uninvited.file, stringify(config));
    const hand = async (account: string, until: number) =>
      writeFile(
        join(uninvited.site, 'invitation.json'),
        JSON.stringify(await invite(client, { account, expires: until })),
      );
    await hand(member.address, expires);
    assert.deepEqual(await refusal(), ['membership', 'REVERTED', 11]);
    await hand(stranger.address, 1);
    assert.deepEqual(await refusal(), ['membership', 'REVERTED', 11]);
    await hand(stranger.address, expires);
    assert.deepEqual(await refusal(), [undefined, undefined, 0]);
    client.close();
  });

  it('knows a registered party by its node secret, and which other parties answer', async () => {
    const { chain, contract, folder } = sites;
    const { file, site } = await sites.siteWith('registered', () => {});
    const own = createNodeKeys(await readNodeSecret(join(site, 'keys/node.json'), 'correct horse'));
    const directory = new Map<number, Party>();
    const peer = createPeer(
      { seed: new Uint8Array(32).fill(1), listen: ['/ip4/127.0.0.1/tcp/0'] },
      { directory: () => directory },
    );
    await peer.start();
    const nobody = `/ip4/127.0.0.1/tcp/${await freePort()}`;
    const members = [
      { peerId: peerIdOf(own.peerSeed), address: '/ip4/127.0.0.1/tcp/1' },
      { peerId: peer.peerId, address: peer.addresses()[0] },
      { peerId: peerIdOf(new Uint8Array(32).fill(2)), address: nobody },
    ];
    for (const [index, { peerId, address }] of members.entries()) {
      const registration = {
        ...registrationOf(index),
        peerId: toChain({ ...anyRegistration, peerId }).peerId,
        location: address,
      };
      const signer = chain.wallets[index];
      const client = await createClient({
        rpcUrl: chain.url,
        chainId: chain.chainId,
        contract,
        signer,
        sending: fastSending,
      });
      await init(client, { registration });
      client.close();
    }
    const reader = await createClient({ rpcUrl: chain.url, chainId: chain.chainId, contract });
    for (const party of (await createChainLedger({ client: reader }).state()).parties) directory.set(party.id, party);
    reader.close();

    const { answer, exitCode } = await check(file);
    await peer.stop();
    const found = Object.fromEntries(answer.findings.map((finding) => [finding.name, finding]));
    assert.match(found['membership'].detail, /^party 0, /);
    assert.equal(found['other parties'].state, 'warning');
    assert.equal(found['other parties'].detail, `1 of 2 answer; silent: party 2 (${nobody})`);
    assert.equal(exitCode, 0);

    const other = await sites.siteWith('another secret', async (config) => {
      const [, stranger] = chain.wallets;
      await createSite(join(folder, 'secret'), { rpcUrl: chain.url, contract, accountKey: stranger.privateKey });
      config.keys = { ...config.keys, node: join(folder, 'secret/keys/node.json') };
    });
    const refused = await check(other.file);
    assert.equal(refused.answer.findings.find(({ state }) => state === 'failed')?.code, 'WRONG_SECRET');
    assert.equal(refused.exitCode, 4);
  });

  it('looks at everything that does not depend on a failure', async () => {
    const { file } = await sites.siteWith('two troubles', async (config, site) => {
      Object.assign(config.ledger, { chainId: 1 });
      await truncate(join(site, 'data/images'));
    });
    const { answer, exitCode } = await check(file);
    const states = Object.fromEntries(answer.findings.map(({ name, state }) => [name, state]));
    assert.deepEqual(states, {
      ...{ configuration: 'ok', 'consortium file': 'ok', keys: 'ok', data: 'failed', model: 'ok' },
      ...{ 'data folder': 'ok', listening: 'ok', 'status page': 'ok', chain: 'failed' },
      ...{ clock: 'skipped', ledger: 'skipped', membership: 'skipped', 'other parties': 'skipped' },
    });
    assert.equal(exitCode, 3, 'that of the first failure');
  });

  // Last: it moves the chain's clock for good.
  it('names a clock that is far off', async () => {
    await sites.chain.increaseTime(600);
    const { file } = await sites.siteWith('clock', () => {});
    const { answer, exitCode } = await check(file);
    assert.equal(answer.findings.find(({ state }) => state === 'failed')?.code, 'CLOCK_SKEW');
    assert.equal(exitCode, 2);
  });
});
