/**
 * The test of one planted fault: the audit finds it, and names the rule, the block and the transaction.
 * @module
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { audit } from '../../../sdk/audit/audit.ts';
import { type Chain, startHardhat } from '../../chain.ts';
import { createFixture } from '../ledgerFixture.ts';
import { compileBroken } from './brokenContract.ts';
import type { Fault } from './faults.ts';
import { createLife } from './life.ts';

/** Registers a test for each fault. */
export function testFaults(faults: readonly Fault[]): void {
  describe(`audit of ${faults.length} broken ledgers`, () => {
    let chain: Chain;

    before(async () => {
      chain = await startHardhat({ anyContractSize: true });
    });
    after(() => chain.stop());

    for (const { name, rule, patches = [], functions = '', story, elsewhere } of faults) {
      it(`${rule}: ${name}`, async () => {
        const fixture = await createFixture(chain, 4, {}, compileBroken(patches, functions));
        const life = createLife(chain, fixture);
        const [reader] = fixture.clients;
        await story({ chain, fixture, life });
        const lastBlock = await reader.provider.getBlockNumber();
        await chain.request('evm_mine', []);
        const report = await audit(reader, { fromBlock: fixture.deployment.block });
        const found = report.violations.filter((violation) => violation.rule === rule);
        assert.equal(report.verdict, 'violations');
        assert.equal(report.origin.code, 'another');
        assert.ok(found.length > 0, `${rule} not among ${JSON.stringify(report.violations, undefined, 1)}`);
        if (elsewhere === undefined) {
          const block = await reader.provider.getBlock(lastBlock);
          assert.deepEqual([found[0].block, found[0].transaction], [lastBlock, block?.transactions[0]]);
        }
        life.close();
      });
    }
  });
}
