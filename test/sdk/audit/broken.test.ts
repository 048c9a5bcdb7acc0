/**
 * An audit finds faults planted in the ledger. These are the first of every second rule; test/slow has them all.
 * @module
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { rules } from '../../../sdk/audit/rules.ts';
import { patched } from './brokenContract.ts';
import { faults } from './faults.ts';
import { testFaults } from './testFaults.ts';

const firstOfRule = faults.filter(({ rule }, index) => faults.findIndex((fault) => fault.rule === rule) === index);

testFaults(firstOfRule.filter((_, index) => index % 2 === 0));

it('there is a fault for every rule that a contract can break', () => {
  const planted = new Set<string>(faults.map(({ rule }) => rule));
  // Blobs are handed over by parties; the other two are tested on synthetic histories.
  for (const rule of ['BLOB', 'EVENT', 'ACT_PHASE']) planted.add(rule);
  assert.deepEqual(
    Object.keys(rules).filter((rule) => !planted.has(rule)),
    [],
  );
});

it('all faults can be planted in the contract as it is', () => {
  for (const { patches = [] } of faults) patched(patches);
});
