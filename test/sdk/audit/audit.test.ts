/**
 * A ledger in order passes the audit, whatever its parties did.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { audit, type Exchange } from '../../../sdk/audit/audit.ts';
import { readBlobs } from '../../../sdk/audit/blobs.ts';
import { type Client, createClient } from '../../../sdk/client.ts';
import { type Chain, engines } from '../../chain.ts';
import { createFixture, type Fixture } from '../ledgerFixture.ts';
import { blobOf, liveFully } from './life.ts';

for (const { name, available, start } of engines) {
  describe(`audit on ${name}`, { skip: available ? false : `${name} is not installed: NOT RUN` }, () => {
    let chain: Chain;
    let fixture: Fixture;
    let reader: Client;

    before(async () => {
      chain = await start();
      fixture = await createFixture(chain, 5, { rounds: 4 });
      await liveFully(chain, fixture);
      reader = await createClient({ rpcUrl: chain.url, chainId: chain.chainId, contract: fixture.deployment.contract });
    });
    after(async () => {
      reader?.close();
      fixture?.close();
      await chain.stop();
    });

    it('finds a full life in order', async () => {
      const exchanges: Exchange[] = [];
      const report = await audit(reader, { onExchange: (exchange) => exchanges.push(exchange) });
      assert.deepEqual(report.violations, []);
      assert.equal(report.verdict, 'in order');
      assert.equal(report.phase, 'closed');
      assert.deepEqual([report.origin.code, report.origin.creator], ['this release', chain.wallets[0].address]);
      assert.equal(report.toBlockHash, (await reader.provider.getBlock(report.toBlock))?.hash);
      const { parties, flows, rounds } = report.summary;
      assert.equal(parties.length, 7);
      const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
      assert.equal(sum(report.balances) + report.escrow + report.deposits, report.minted);
      assert.equal(report.escrow, 0n);
      assert.ok(report.deposits > 0n, 'a claim is still open');
      for (const party of parties) {
        const { minted, ordered, refunded, earned, fines } = party;
        const balance = report.balances[party.party];
        const locked = party.party === 2 ? 10n : party.party === 1 ? report.deposits - 10n : 0n;
        assert.equal(minted - ordered + refunded + earned + fines, balance + locked, `party ${party.party}`);
        assert.equal(party.received, sum(flows[party.party]));
        assert.equal(party.earned, sum(flows.map((row) => row[party.party])));
      }
      assert.deepEqual(
        parties.map(({ standing }) => standing).join(' '),
        'credible credible credible credible removed resigned credible',
      );
      assert.deepEqual(
        rounds.map(({ fromRound }) => fromRound),
        [0, 1, 2, 3, 4],
      );
      assert.equal(exchanges.length, report.summary.exchanges);
      assert.equal(sum(exchanges.map(({ points }) => points)), sum(parties.map(({ earned }) => earned)));
      assert.deepEqual([parties[2].claimsFiled, parties[0].claimsAgainst], [2, 2]);
    });

    it('finds every prefix of it in order', async () => {
      const last = await reader.provider.getBlockNumber();
      for (let toBlock = fixture.deployment.block; toBlock < last; toBlock += 7) {
        const report = await audit(reader, { fromBlock: fixture.deployment.block, toBlock });
        assert.deepEqual(report.violations, [], `up to block ${toBlock}`);
      }
    });

    it('reads on until its last block is a recent one, whose state every node still has', async () => {
      const newest = await reader.provider.getBlockNumber();
      let asked = 0;
      const provider = new Proxy(reader.provider, {
        get(target, key) {
          // The chain was as long as this when the audit began, and grew while it read.
          if (key === 'getBlockNumber') return async () => Math.min(newest, newest - 60 + 40 * asked++);
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      const report = await audit({ ...reader, provider });
      assert.deepEqual([report.toBlock, report.verdict, report.phase], [newest, 'in order', 'closed']);
      assert.equal(report.counts.events, (await audit(reader)).counts.events);
      assert.equal(asked, 4);
    });

    it('refuses to begin after the beginning', async () => {
      const fromBlock = fixture.deployment.block + 1;
      await assert.rejects(audit(reader, { fromBlock }), { code: 'NO_CONSTITUTION', fault: 'self' });
      await assert.rejects(audit(reader, { fromBlock: 1_000_000 }), { code: 'NO_CONSTITUTION' });
    });

    it('holds blobs against the commitments', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'dppdl-blobs-'));
      await writeFile(join(folder, '2-3-0.blob'), blobOf(2, 3, 0));
      await writeFile(join(folder, 'some name'), blobOf(1, 1, 2));
      const good = await audit(reader, { blobs: await readBlobs(folder) });
      assert.equal(good.verdict, 'in order');
      assert.deepEqual(good.blobs, { count: 2, matched: 2 });
      await writeFile(join(folder, '2-3-1.blob'), blobOf(2, 3, 0).subarray(1));
      await writeFile(join(folder, 'nobody’s'), 'nothing');
      const bad = await audit(reader, { blobs: await readBlobs(folder) });
      assert.deepEqual(
        bad.violations.map(({ rule, round, party }) => [rule, round, party]),
        [
          ['BLOB', 2, 3],
          ['BLOB', 4, null],
        ],
      );
      assert.match(bad.violations[0].transaction ?? '', /^0x[0-9a-f]{64}$/);
      await rm(folder, { recursive: true });
      await assert.rejects(readBlobs(folder), { code: 'FILE' });
    });
  });
}
