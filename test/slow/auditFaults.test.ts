/**
 * An audit finds every fault planted in the ledger.
 * @module
 */
import { faults } from '../sdk/audit/faults.ts';
import { testFaults } from '../sdk/audit/testFaults.ts';

testFaults(faults);
