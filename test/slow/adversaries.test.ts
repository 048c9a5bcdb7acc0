/**
 * Parties that cheat, over libp2p and a chain: what they commit to, what they send, and what they ask for.
 * @module
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ClosedBlob } from '../../node/algorithm/ports.ts';
import type { PartyId } from '../../node/types.ts';
import { smallConsortium } from '../algorithm/world.ts';
import { type Chain, startHardhat } from '../chain.ts';
import { roundsOf, runConsortium } from '../network/consortium.ts';

const deadlines = { form: 60, benchmark: 60, order: 60, deliver: 60, evaluate: 60 };
/** The cheat, and whom it cheats in a round: each of the others in turn, as nobody orders from it right after. */
const CHEAT = 3;
const victimOf = (round: number): PartyId => (round - 1) % 3;

const flipped = (blob: Uint8Array, at: number) => blob.map((byte, index) => (index === at ? byte ^ 1 : byte));
/** Changes to a blob, by name. */
const changes: readonly (readonly [string, (blob: Uint8Array) => Uint8Array])[] = [
  ['bit flipped in the header', (blob) => flipped(blob, 9)],
  ['bit flipped in the key', (blob) => flipped(blob, 60)],
  ['bit flipped in the words', (blob) => flipped(blob, blob.length - 20)],
  ['truncated', (blob) => blob.slice(0, -1)],
  ['a byte too long', (blob) => Buffer.concat([blob, Buffer.alloc(1)])],
  ['a megabyte too long', (blob) => Buffer.concat([blob, Buffer.alloc(1 << 20)])],
  ['reordered', (blob) => Buffer.concat([blob.subarray(0, 20), blob.subarray(100), blob.subarray(20, 100)])],
];

describe('a provider that cheats one requester a round', () => {
  let chain: Chain;
  before(async () => {
    chain = await startHardhat();
  });
  after(() => chain.stop());

  it('by committing to a blob that is not one for it loses every claim', { timeout: 120_000 }, async () => {
    const kinds = [
      ...changes.map(([kind]) => kind),
      'of another round',
      'for another party',
      'for another contract',
      'for another chain',
    ];
    const others = new Map<string, Promise<ClosedBlob>>();
    await using outcome = await runConsortium({
      chain,
      parties: 4,
      consortium: smallConsortium({ rounds: kinds.length, deadlines }),
      async closing(self, { round, requester }, seal) {
        if (self !== CHEAT) return await seal();
        const honest = seal();
        if (requester.id !== victimOf(round)) others.set(`${round}`, honest);
        if (requester.id !== victimOf(round)) return await honest;
        const kind = kinds[round - 1];
        if (kind === 'for another contract') return await seal({ contract: `0x${'11'.repeat(20)}` });
        if (kind === 'for another chain') return await seal({ chainId: 1n });
        if (kind === 'of another round') return (await others.get(`${round - 1}`)) ?? (await honest);
        if (kind === 'for another party') return (await others.get(`${round - 1}`)) ?? (await honest);
        const [, change] = changes[round - 1];
        const { blob, key } = await honest;
        return { blob: new Uint8Array(change(blob)), key };
      },
    });
    const claims = await outcome.ledger.claims();
    assert.deepEqual(
      claims.map(({ round, requester, provider, complaint, status, votesAgainst }) => ({
        round,
        requester,
        provider,
        complaint,
        status,
        votesAgainst,
      })),
      kinds.map((_, index) => ({
        round: index + 1,
        requester: victimOf(index + 1),
        provider: CHEAT,
        complaint: 'doesNotOpen',
        status: 'upheld',
        votesAgainst: [],
      })),
    );
    for (const [id, events] of outcome.events.entries()) {
      for (const { round, skipped, ordered } of roundsOf(events)) {
        if (ordered > 0) assert.equal(skipped, victimOf(round) === id, `party ${id}, round ${round}`);
      }
    }
    assert.deepEqual(outcome.seeds, []);
  });

  it('by sending it something else than it committed to gains nothing: the jury hands the blob on', {
    timeout: 120_000,
  }, async () => {
    const kinds = [...changes.map(([kind]) => kind), 'of another round', 'for another party'];
    await using outcome = await runConsortium({
      chain,
      parties: 4,
      consortium: smallConsortium({ rounds: kinds.length, deadlines }),
      spoil: (self, handlers) => ({
        async blob(requester, round) {
          const kind = kinds[round - 1];
          if (self !== CHEAT || requester !== victimOf(round)) return await handlers.blob(requester, round);
          if (kind === 'of another round') return await handlers.blob(requester, round - 3);
          if (kind === 'for another party') return await handlers.blob(victimOf(round + 1), round);
          return changes[round - 1][1](await handlers.blob(requester, round));
        },
      }),
    });
    const claims = await outcome.ledger.claims();
    assert.deepEqual(
      claims.map(({ round, status }) => [round, status]),
      kinds.map((_, index) => [index + 1, 'rejected']),
    );
    for (const events of outcome.events) {
      for (const { missing, ordered, received, skipped } of roundsOf(events)) {
        if (ordered > 0) assert.ok(!skipped && missing.length === 0 && received === ordered);
      }
    }
  });
});

describe('a requester that wants what it must not have', () => {
  let chain: Chain;
  before(async () => {
    chain = await startHardhat();
  });
  after(() => chain.stop());

  it('is refused: seeds of parties that deliver, blobs that are not recorded, evidence nobody claimed', {
    timeout: 120_000,
  }, async () => {
    const answers: string[] = [];
    const given: string[] = [];
    await using outcome = await runConsortium({
      chain,
      parties: 4,
      consortium: smallConsortium({ rounds: 2, deadlines }),
      async probe(self, round, step, node) {
        if (self !== 0) return;
        const attempt = async (what: string, ask: (signal: AbortSignal) => Promise<Uint8Array>) => {
          const code = await ask(AbortSignal.timeout(400)).then(
            () => 'GIVEN',
            (error: { code: string }) => error.code,
          );
          if (code === 'GIVEN') given.push(`${step}: ${what}`);
          answers.push(code);
        };
        await Promise.all([
          // That party 3 is missing is a lie; the ledger shows or may yet show its upload.
          attempt('seed of 3', (signal) => node.maskSeed(1, round, 3, signal)),
          attempt('seed of oneself', (signal) => node.maskSeed(1, round, 0, signal)),
          attempt('seed of the helper', (signal) => node.maskSeed(1, round, 1, signal)),
          attempt('seed of a stranger', (signal) => node.maskSeed(1, round, 9, signal)),
          attempt('seed of a later round', (signal) => node.maskSeed(2, round + 1, 3, signal)),
          attempt('blob of a later round', (signal) => node.blob(2, round + 1, signal)),
          attempt('evidence', (signal) => node.evidence(1, { round, provider: 1, requester: 2 }, signal)),
          attempt('evidence of nothing', (signal) =>
            node.evidence(1, { round: 9, provider: 200, requester: 2 }, signal),
          ),
        ]);
      },
    });
    assert.deepEqual(given, []);
    assert.equal(answers.length, 2 * 2 * 8);
    for (const code of answers) assert.ok(['REFUSED', 'TIMEOUT'].includes(code), code);
    assert.ok(answers.includes('REFUSED'));
    assert.deepEqual(outcome.seeds, []);
    for (const events of outcome.events) for (const { skipped } of roundsOf(events)) assert.ok(!skipped);
  });
});
