/**
 * `dppdl audit`: what it prints, the files it writes, how it ends.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createAuditCommand } from '../../node/commands/audit.ts';
import { exitCodeOf } from '../../node/failure.ts';
import { ConfigError } from '../../node/yamlFile.ts';
import { MOST_VIOLATIONS } from '../../sdk/audit/audit.ts';
import { AuditError } from '../../sdk/audit/errors.ts';
import { type Chain, startHardhat } from '../chain.ts';
import { liveFully } from '../sdk/audit/life.ts';
import { createFixture, type Fixture } from '../sdk/ledgerFixture.ts';
import { runCommand, runToEnd } from './run.ts';

describe('dppdl audit', () => {
  let chain: Chain;
  let fixture: Fixture;
  let folder: string;
  let parameters: string[];

  before(async () => {
    chain = await startHardhat();
    fixture = await createFixture(chain, 5, { rounds: 4 });
    await liveFully(chain, fixture);
    folder = await mkdtemp(join(tmpdir(), 'dppdl-audit-'));
    parameters = ['--rpc', chain.url, '--contract', fixture.deployment.contract];
  });
  after(async () => {
    fixture?.close();
    await chain.stop();
    await rm(folder, { recursive: true });
  });

  it('prints the verdict', async () => {
    const text = await runCommand(createAuditCommand(), [...parameters, '--from', `${fixture.deployment.block}`]);
    assert.match(text, /verdict: +in order/);
    assert.match(text, /parties: +7/);
    assert.match(text, /code: +that of this release/);
    assert.match(text, /with the hash 0x[0-9a-f]{64}/);
  });

  it('prints JSON, and writes a page that needs nothing else, and a line for each exchange', async () => {
    const [html, csv] = [join(folder, 'audit.html'), join(folder, 'exchanges.csv')];
    const text = await runCommand(createAuditCommand(), [...parameters, '--json', '--html', html, '--csv', csv]);
    const report = JSON.parse(text);
    assert.equal(report.verdict, 'in order');
    assert.equal(report.summary.parties.length, 7);
    const lines = (await readFile(csv, 'utf8')).trimEnd().split('\n');
    assert.equal(lines.length, 1 + report.summary.exchanges);
    assert.match(lines[1], /^1,\d+,\d+,\d+,\d+,\d+,0x[0-9a-f]{64},0x[0-9a-f]{64}$/);
    const page = await readFile(html, 'utf8');
    assert.equal(page.match(/<svg/g)?.length, 3);
    assert.ok(page.includes(fixture.deployment.contract) && page.includes('The books are in order'));
    for (const { account } of report.summary.parties) assert.ok(page.includes(account));
    for (const line of lines.slice(1)) assert.ok(page.includes(line.split(',')[7]), 'every exchange is listed');
    assert.doesNotMatch(page.replaceAll(/xmlns(:xlink)?="[^"]*"/g, ''), /(src|href)=|url\((?!#)|https?:\/\//);
  });

  it('lists claims, and who came, changed and went, and calls parties by their names', async () => {
    const [html, names] = [join(folder, 'named.html'), join(folder, 'names.csv')];
    const [first, second, , , , , , successor] = chain.wallets.map(({ address }) => address);
    await writeFile(names, `account,name\n${first.toLowerCase()},"St Mary’s, <North>"\n${second},Lakeside Clinic\n`);
    await runCommand(createAuditCommand(), [...parameters, '--html', html, '--names', names]);
    const page = await readFile(html, 'utf8');
    assert.ok(page.includes('0 St Mary’s, &#60;North&#62;') && page.includes('1 Lakeside Clinic'));
    assert.ok(!page.includes('<North>'));
    const section = (title: string) => new RegExp(`<h2>${title}</h2>(.*?)<h2>`, 's').exec(page)?.[1] ?? '';
    for (const outcome of ['rejected, 0 for, 2 against', 'upheld', 'undecided, 1 for, 0 against', 'open, not answered'])
      assert.ok(section('Claims').includes(`>${outcome}<`), outcome);
    const changes = section('Who came, changed and went');
    for (const what of [
      `changed its account from ${chain.wallets[3].address} to ${successor}`,
      'was removed, reported by 4 parties',
      'resigned',
      `voted to let ${chain.wallets[6].address} in`,
      'changed its declaration from 50 of 100 to 60 of 100',
      'was in from then on with its declaration, which created 2000 points',
    ])
      assert.ok(changes.includes(`>${what}<`), what);
    assert.ok(section('Parties').includes(chain.wallets[3].address), 'the account before');
    assert.ok(section('Declarations').includes('>0.5000<'));
    await writeFile(names, `account,name\n0x12,Nobody\n`);
    const refused = runCommand(createAuditCommand(), [...parameters, '--html', html, '--names', names]);
    await assert.rejects(refused, { code: 'INVALID_VALUE' });
    await assert.rejects(runCommand(createAuditCommand(), [...parameters, '--names', folder]), {
      code: 'NOT_READABLE',
    });
  });

  it('ends with the exit code of an audit when a rule is broken', async () => {
    const blobs = await mkdtemp(join(folder, 'blobs-'));
    await writeFile(join(blobs, '1-0-2.blob'), 'not what was promised');
    const html = join(folder, 'bad.html');
    const running = runCommand(createAuditCommand(), [...parameters, '--blobs', blobs, '--html', html]);
    await assert.rejects(running, (error) => {
      assert.ok(error instanceof AuditError && error.code === 'VIOLATIONS');
      assert.deepEqual(error.meta, { rules: ['BLOB'], total: 1 });
      assert.equal(exitCodeOf(error), 10);
      return true;
    });
    assert.match(await readFile(html, 'utf8'), /class="verdict bad"/);
  });

  it('writes every violation, also those for which the page and the terminal have no room', async () => {
    const blobs = await mkdtemp(join(folder, 'many-'));
    const count = MOST_VIOLATIONS + 5;
    for (let index = 0; index < count; index++) await writeFile(join(blobs, `${index}.blob`), `nobody’s ${index}`);
    const [html, list] = [join(folder, 'many.html'), join(folder, 'violations.jsonl')];
    const files = ['--blobs', blobs, '--html', html, '--violations', list];
    const { output, error } = await runToEnd(createAuditCommand(), [...parameters, ...files]);
    assert.ok(error instanceof AuditError && error.meta['total'] === count);
    const lines = (await readFile(list, 'utf8')).trimEnd().split('\n');
    const found = lines.map((line) => JSON.parse(line));
    assert.equal(found.length, count);
    assert.deepEqual(Object.keys(found[0]), ['rule', 'block', 'transaction', 'round', 'party', 'message']);
    assert.equal(new Set(found.map(({ message }) => message)).size, count, 'each once');
    assert.ok(output.includes(`… and ${count - 20} more; --violations writes them all.`), output);
    const page = await readFile(html, 'utf8');
    assert.match(page, /The first 1\u202f000 of 1\u202f005; the option --violations writes them all\./);
    assert.ok(page.includes(found[MOST_VIOLATIONS - 1].message) && !page.includes(found[MOST_VIOLATIONS].message));
  });

  it('says what is wrong with its arguments and files', async () => {
    const run = (...more: string[]) => runCommand(createAuditCommand(), [...parameters, ...more]);
    await assert.rejects(run('--from', 'x'), { code: 'commander.invalidArgument' });
    await assert.rejects(run('--html', join(folder, 'no', 'such', 'folder.html')), (error) => {
      assert.ok(error instanceof ConfigError && error.code === 'NOT_WRITABLE');
      assert.equal(exitCodeOf(error), 2, 'not that of a broken rule');
      return true;
    });
    for (const option of ['--csv', '--violations'])
      await assert.rejects(run(option, join(folder, 'no', 'such', 'folder')), { code: 'NOT_WRITABLE' });
    // Before anything is asked of the chain, and an earlier report stays when an audit fails.
    const dead = ['--rpc', 'http://127.0.0.1:1', '--contract', chain.wallets[0].address];
    const early = runCommand(createAuditCommand(), [...dead, '--html', folder]);
    await assert.rejects(early, { code: 'NOT_WRITABLE' });
    const kept = join(folder, 'kept.csv');
    await writeFile(kept, 'last year’s');
    await assert.rejects(run('--contract', chain.wallets[0].address, '--csv', kept), { code: 'NO_CONTRACT' });
    assert.equal(await readFile(kept, 'utf8'), 'last year’s');
    assert.ok(!(await readdir(folder)).some((name) => name.endsWith('.partial')));
    await assert.rejects(run('--from', '1000000'), (error) => {
      assert.ok(error instanceof AuditError && error.code === 'NO_CONSTITUTION');
      assert.equal(exitCodeOf(error), 2);
      return true;
    });
  });
});
