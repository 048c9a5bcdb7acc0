/**
 * Whom a party names.
 * @module
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { report } from '../../node/algorithm/reporting.ts';
import { createWorld, onion } from './world.ts';

it('a party names those below the threshold and not those at it, and who was silent too long, heard or not', async () => {
  const world = await createWorld([50, 50, 50, 50, 50], onion);
  for (const { member } of world.parties) {
    const { maskKey, encryptionKey } = member.keys;
    await member.ledger.init({
      ...member.contact,
      maskKey,
      encryptionKey,
      examples: 50,
      samples: 25,
      samplesHash: new Uint8Array(32).fill(1),
      privacy: { generator: 'gaussian', epsilon: 1, delta: 1e-5, unit: 'record' },
    });
  }
  const [{ member }] = world.parties;
  const { thresholdShare, silentRounds } = world.consortium.credibility;
  const threshold = thresholdShare / 5;
  const nothing = new Float32Array(0);
  const named = await report(member, {
    round: 0,
    parameters: nothing,
    alone: nothing,
    credibility: [0, threshold, threshold * (1 - 1e-12), 0, 1],
    silence: [0, 0, 0, silentRounds - 1, silentRounds],
  });
  assert.deepEqual(named, [2, 4]);
});
