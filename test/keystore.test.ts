/**
 * Keystores: made once, opened with the right password only, and not taken for one another.
 * @module
 */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createKeystores, readAccount, readAddress, readNodeSecret, readPassword } from '../node/keystore.ts';

/** Cheap scrypt, for tests only. */
const quick = { costLog2: 4 };
const password = 'correct horse';

describe('keystore files', () => {
  let folder = '';
  const files = () => ({ account: join(folder, 'keys/account.json'), node: join(folder, 'keys/node.json') });
  let address = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-keys-'));
    address = (await createKeystores(files(), password, quick)).account;
  });
  after(() => rm(folder, { recursive: true }));

  it('writes Web3 keystores that only their owner may read, and no clear secret', async () => {
    for (const path of Object.values(files())) {
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      const json = JSON.parse(await readFile(path, 'utf8'));
      assert.equal(json.version, 3);
    }
    const secret = Buffer.from(await readNodeSecret(files().node, password)).toString('hex');
    assert.ok(!(await readFile(files().node, 'utf8')).includes(secret));
    assert.deepEqual((await readdir(join(folder, 'keys'))).sort(), ['account.json', 'node.json']);
  });

  it('opens both with the password', async () => {
    const account = await readAccount(files().account, password);
    assert.equal(account.address, address);
    assert.equal(await readAddress(files().account), address);
    assert.match(account.privateKey, /^0x[0-9a-f]{64}$/);
    const secret = await readNodeSecret(files().node, password);
    assert.equal(secret.length, 32);
    assert.notEqual(`0x${Buffer.from(secret).toString('hex')}`, account.privateKey);
  });

  it('refuses another password in one sentence that does not repeat it', async () => {
    await assert.rejects(readAccount(files().account, 'wrong-one'), (error: Error) => {
      assert.equal(Reflect.get(error, 'code'), 'WRONG_PASSWORD');
      assert.ok(!error.message.includes('wrong-one') && !error.message.includes('\n'));
      assert.ok(error.message.includes(files().account));
      return true;
    });
    await assert.rejects(readNodeSecret(files().node, ''), { code: 'WRONG_PASSWORD' });
  });

  it('never overwrites, and makes no half pair', async () => {
    const before = await readFile(files().account, 'utf8');
    await assert.rejects(createKeystores(files(), password, quick), { code: 'ALREADY_EXISTS' });
    const half = { account: join(folder, 'half/account.json'), node: files().node };
    await assert.rejects(createKeystores(half, password, quick), { code: 'ALREADY_EXISTS' });
    await assert.rejects(readFile(half.account), { code: 'ENOENT' });
    const same = join(folder, 'same.json');
    await assert.rejects(createKeystores({ account: same, node: same }, password, quick), { code: 'ALREADY_EXISTS' });
    assert.equal(await readFile(files().account, 'utf8'), before);
  });

  it('leaves nothing behind when the second file cannot be written', async () => {
    if (process.getuid?.() === 0) {
      // Root may write anywhere; a file where a folder is needed stops it too.
      await writeFile(join(folder, 'blocked'), '');
    } else {
      await mkdir(join(folder, 'blocked'));
      await chmod(join(folder, 'blocked'), 0o500);
    }
    const pair = { account: join(folder, 'pair/account.json'), node: join(folder, 'blocked/node.json') };
    await assert.rejects(createKeystores(pair, password, quick), { code: 'NOT_WRITABLE' });
    assert.deepEqual(await readdir(join(folder, 'pair')), []);
  });

  it('takes an existing account', async () => {
    const accountKey = `0x${'11'.repeat(32)}`;
    const pair = { account: join(folder, 'own/account.json'), node: join(folder, 'own/node.json') };
    await createKeystores(pair, password, { ...quick, accountKey });
    assert.equal((await readAccount(pair.account, password)).privateKey, accountKey);
  });

  it('tells missing, unreadable and damaged files apart', async () => {
    await assert.rejects(readAccount(join(folder, 'nowhere'), password), { code: 'NOT_FOUND' });
    await assert.rejects(readAccount(folder, password), { code: 'NOT_READABLE' });
    const harmed = join(folder, 'harmed.json');
    for (const text of [
      '',
      'not json',
      '{}',
      '{"version":3}',
      JSON.stringify({ version: 3, Crypto: { kdf: 'none' } }),
    ]) {
      await writeFile(harmed, text);
      await assert.rejects(readAccount(harmed, password), { code: 'NOT_A_KEYSTORE' });
      await assert.rejects(readAddress(harmed), { code: 'NOT_A_KEYSTORE' });
    }
  });

  it('does not take the keystore of the node for that of the account, or the other way round', async () => {
    const { account, node } = files();
    await assert.rejects(readAccount(node, password), { code: 'WRONG_KIND' });
    await assert.rejects(readAddress(node), { code: 'WRONG_KIND' });
    await assert.rejects(readNodeSecret(account, password), { code: 'WRONG_KIND' });
    // An account made by another program has no mark; a node's secret always has.
    const { dppdl: _, ...bare } = JSON.parse(await readFile(account, 'utf8'));
    const foreign = join(folder, 'foreign.json');
    await writeFile(foreign, JSON.stringify(bare));
    assert.equal((await readAccount(foreign, password)).address, address);
    await assert.rejects(readNodeSecret(foreign, password), { code: 'WRONG_KIND' });
  });

  it('opens the published test vector of the format', async () => {
    // "Test Vectors", PBKDF2: https://ethereum.org/developers/docs/data-structures-and-encoding/web3-secret-storage/
    const geth = {
      crypto: {
        cipher: 'aes-128-ctr',
        cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
        ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
        kdf: 'pbkdf2',
        kdfparams: {
          c: 262144,
          dklen: 32,
          prf: 'hmac-sha256',
          salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
        },
        mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
      },
      id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
      version: 3,
    };
    const path = join(folder, 'geth.json');
    await writeFile(path, JSON.stringify(geth));
    const { privateKey } = await readAccount(path, 'testpassword');
    assert.equal(privateKey, '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d');
  });

  it('reads the password from a file’s first line or a variable, and says when there is none', async () => {
    const file = join(folder, 'password');
    await writeFile(file, 'first line \nsecond\n');
    assert.equal(await readPassword({ passwordFile: file }, {}), 'first line ');
    assert.equal(await readPassword({ passwordEnv: 'SECRET' }, { SECRET: 'x' }), 'x');
    await writeFile(file, '\n');
    await assert.rejects(readPassword({ passwordFile: file }, {}), { code: 'NO_PASSWORD' });
    await assert.rejects(readPassword({ passwordFile: join(folder, 'none') }, {}), { code: 'NO_PASSWORD' });
    await assert.rejects(readPassword({ passwordEnv: 'SECRET' }, {}), { code: 'NO_PASSWORD' });
    await assert.rejects(createKeystores({ account: 'a', node: 'b' }, ''), { code: 'NO_PASSWORD' });
  });
});
