/**
 * The small commands, as processes: what they print, and that the documentation says the same.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { configTable } from '../../node/commands/config.ts';
import { readNodeConfig } from '../../node/config.ts';
import { consortiumSchema } from '../../node/consortium.ts';
import { dataSchema } from '../../node/dataset/options.ts';
import { exitCodes } from '../../node/failure.ts';
import { createKeystores } from '../../node/keystore.ts';
import { init } from '../../sdk/actions/init.ts';
import { isMember } from '../../sdk/actions/isMember.ts';
import { createClient } from '../../sdk/client.ts';
import { registrationOf } from '../sdk/ledgerFixture.ts';
import { dppdl } from './cli.ts';
import { consortium, consortiumHashHex, createSites, type Sites } from './site.ts';

const guide = await readFile(new URL('../../docs/operating.md', import.meta.url), 'utf8');

describe('dppdl', { timeout: 300_000 }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-commands-'));
    await writeFile(join(folder, 'password'), 'correct horse\n');
    await writeFile(join(folder, 'consortium.yaml'), stringify(consortium));
  });
  after(() => rm(folder, { recursive: true }));

  it('lists its commands and exit codes', async () => {
    const { stdout, exitCode } = await dppdl(['--help']);
    assert.equal(exitCode, 0);
    for (const name of [
      'keys',
      'consortium',
      'check',
      'node',
      'status',
      'invite',
      'vouch',
      'hand-over',
      'leave',
      'deploy',
    ]) {
      assert.match(stdout, new RegExp(`^  ${name}\\b`, 'm'));
      const help = await dppdl([name, '--help']);
      assert.equal(help.exitCode, 0, name);
    }
  });

  it('answers a mistyped command or option with one hint and exit code 2', async () => {
    for (const parameters of [['nod'], ['keys', 'neww'], ['check'], ['check', '--confg', 'x'], ['keys', 'new']]) {
      const { stdout, stderr, exitCode } = await dppdl(parameters);
      assert.equal(exitCode, 2, parameters.join(' '));
      assert.equal(stdout, '');
      assert.ok(stderr.trim().split('\n').length <= 3, stderr);
    }
  });

  it('ends quietly when nobody reads on', async () => {
    const ended = await dppdl(['config', 'schema'], {}, { readOutput: false });
    assert.deepEqual([ended.exitCode, ended.stderr], [0, '']);
  });

  it('makes keys once, shows what is public, and refuses to make them again', async () => {
    const place = ['--folder', join(folder, 'keys'), '--password-file', join(folder, 'password'), '--json'];
    const made = await dppdl(['keys', 'new', ...place]);
    assert.equal(made.exitCode, 0, made.stderr);
    const { account, files } = JSON.parse(made.stdout);
    assert.equal((await stat(files.node)).mode & 0o777, 0o600);
    const shown = await dppdl(['keys', 'show', ...place]);
    const keys = JSON.parse(shown.stdout);
    assert.equal(keys.account, account);
    assert.match(keys.peerId, /^12D3KooW/);
    assert.deepEqual(Object.keys(keys), ['account', 'peerId', 'maskKey', 'encryptionKey']);
    const again = await dppdl(['keys', 'new', ...place]);
    assert.equal(again.exitCode, 4);
    assert.equal(JSON.parse(again.stderr).error.code, 'ALREADY_EXISTS');
    const wrong = await dppdl(['keys', 'show', '--folder', join(folder, 'keys'), '--password-env', 'PASSWORD'], {
      PASSWORD: 'battery staple',
    });
    assert.equal(wrong.exitCode, 4);
    assert.ok(!wrong.stderr.includes('battery'));
  });

  it('checks and hashes a consortium file', async () => {
    const file = join(folder, 'consortium.yaml');
    assert.equal((await dppdl(['consortium', 'hash', file])).stdout.trim(), consortiumHashHex);
    const checked = JSON.parse((await dppdl(['consortium', 'check', file, '--json'])).stdout);
    assert.deepEqual([checked.valid, checked.hash], [true, consortiumHashHex]);
    assert.match((await dppdl(['consortium', 'check', file])).stdout, /model: +MLP 16-3-2.*budget balance.*out below/s);
    await writeFile(join(folder, 'wrong.yaml'), stringify({ ...consortium, rounds: 0 }));
    const wrong = await dppdl(['consortium', 'check', join(folder, 'wrong.yaml')]);
    assert.equal(wrong.exitCode, 2);
    assert.match(wrong.stderr, /rounds must be a whole number at least 1/);
  });

  it('gives an example that is valid, and a schema', async () => {
    const { stdout } = await dppdl(['config', 'example']);
    await writeFile(join(folder, 'node.yaml'), stdout);
    const config = await readNodeConfig(join(folder, 'node.yaml'));
    assert.equal(config.ledger.chainId, 31337);
    const schema = JSON.parse((await dppdl(['config', 'schema'])).stdout);
    assert.ok(schema.properties.samples && schema.additionalProperties === false);
    assert.deepEqual(JSON.parse((await dppdl(['config', 'schema', '--json'])).stdout), schema);
    assert.deepEqual(JSON.parse((await dppdl(['config', 'example', '--json'])).stdout), parse(stdout));
    const keys = JSON.parse((await dppdl(['config', 'table', '--json'])).stdout);
    const takes = 'a whole number at least 0 and at most 65535';
    assert.deepEqual(
      keys.find(({ key }: { key: string }) => key === 'metrics.port'),
      {
        ...{ key: 'metrics.port', takes, required: false, default: 9464 },
      },
    );
  });
});

describe('docs/operating.md', () => {
  it('holds the table of keys that the schema gives', () => {
    const [, table] = /<!-- dppdl config table -->\n([\s\S]*?)\n<!-- end -->/.exec(guide) ?? [];
    assert.equal(table, configTable(), 'run `dppdl config table` and put its output there');
  });

  it('holds every exit code', () => {
    const listed = [...guide.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    assert.deepEqual(listed, Object.values(exitCodes));
  });

  it('shows a consortium file and data sections that are valid', () => {
    const [shared, ...blocks] = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block]) => parse(block));
    consortiumSchema.parse(shared);
    assert.deepEqual(
      blocks.map(({ data }) => dataSchema.parse(data).format),
      ['idx', 'images', 'npy', 'csv'],
    );
  });
});

describe('dppdl status and invite', { timeout: 300_000 }, () => {
  let sites: Sites;
  let site = '';
  let file = '';
  before(async () => {
    sites = await createSites();
    ({ site, file } = await sites.siteWith('member', () => {}));
  });
  after(() => sites.stop());

  it('shows the ledger without a password', async () => {
    await rm(join(site, 'password'));
    const { stdout, exitCode } = await dppdl(['status', '--config', file]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /phase: +forming/);
    assert.match(stdout, new RegExp(`${sites.chain.wallets[0].address}, not registered`));
    assert.match(stdout, /privacy budget: +ε = 0\.00 of 8 spent at δ = 0\.00001; outside it 0 labels given.*; from \//);
    const { facts, state, self, privacy } = JSON.parse((await dppdl(['status', '--config', file, '--json'])).stdout);
    assert.equal(facts.consortiumHash, consortiumHashHex);
    assert.deepEqual([state.parties, state.phase, self.party], [[], 'forming', null]);
    assert.deepEqual([privacy.epsilon, privacy.releases], [0, 0]);
    assert.match(privacy.folder, /^\/.*budget$/);
    await writeFile(join(site, 'password'), 'correct horse\n');
  });

  it('signs an invitation the configuration can name', async () => {
    const [, , , , { address }] = sites.chain.wallets;
    const signed = await dppdl(['invite', '--config', file, '--account', address, '--days', '1']);
    assert.equal(signed.exitCode, 0, signed.stderr);
    const { expires, signature } = JSON.parse(signed.stdout);
    assert.match(signature, /^0x[0-9a-f]{130}$/);
    assert.ok(Math.abs(expires - Date.now() / 1000 - 86_400) < 60);
    const client = await createClient({
      rpcUrl: sites.chain.url,
      chainId: sites.chain.chainId,
      contract: sites.contract,
    });
    assert.equal(await isMember(client, { account: address }), false);
    client.close();
    const wrong = await dppdl(['invite', '--config', file, '--account', '0x12']);
    assert.equal(wrong.exitCode, 2);
    const json = await dppdl(['invite', '--config', join(site, 'none.yaml'), '--account', address, '--json']);
    assert.equal(JSON.parse(json.stderr).error.exitCode, 2);
  });

  it('votes, hands over and leaves as the account, or says why not', async () => {
    const [member, , , , stranger] = sites.chain.wallets;
    const early = await dppdl(['leave', '--config', file, '--json']);
    assert.equal(early.exitCode, 5, early.stderr);
    const { url: rpcUrl, chainId } = sites.chain;
    const client = await createClient({ rpcUrl, chainId, contract: sites.contract, signer: member });
    await init(client, { registration: registrationOf(0) });
    client.close();
    const vote = await dppdl(['vouch', '--config', file, '--account', stranger.address]);
    assert.match(vote.stderr, /PhaseMismatch/, 'nobody votes while the consortium forms');
    const keys = join(site, 'keys');
    const files = { account: join(keys, 'next.json'), node: join(keys, 'unused.json') };
    const { address: next, privateKey: accountKey } = stranger;
    await createKeystores(files, 'battery staple', { costLog2: 4, accountKey });
    await writeFile(join(site, 'next-password'), 'battery staple\n', { mode: 0o600 });
    const handing = ['hand-over', '--config', file, '--to', files.account];
    assert.equal((await dppdl(handing)).exitCode, 4, 'the password is another one');
    const secret = ['--to-password-file', join(site, 'next-password')];
    const handed = await dppdl([...handing, ...secret, '--json']);
    assert.deepEqual(JSON.parse(handed.stdout), { party: 0, former: member.address, account: next });
    const again = await dppdl([...handing, ...secret]);
    assert.equal(again.exitCode, 5);
    assert.match(again.stderr, /SuccessionInvalidSigner/);
    assert.equal((await dppdl(['leave', '--config', file])).exitCode, 5, 'the former account is nobody');
    await rename(files.account, join(keys, 'account.json'));
    await writeFile(join(site, 'password'), 'battery staple\n');
    const left = await dppdl(['leave', '--config', file, '--json']);
    assert.deepEqual(JSON.parse(left.stdout), { account: next, party: 0, left: true });
    assert.equal((await dppdl(['leave', '--config', file])).exitCode, 5);
  });
});
