/**
 * The generated ABI is the one of the contract as it stands.
 * @module
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { renderAbi } from '../../scripts/generate-abi.ts';

it('sdk/abi.ts is fresh; after a change run: npm run build && node scripts/generate-abi.ts', () => {
  assert.equal(readFileSync(new URL('../../sdk/abi.ts', import.meta.url), 'utf8'), renderAbi());
});
