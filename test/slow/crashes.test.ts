/**
 * Death at every step of a round, over libp2p and a chain, with a restart each time: the sums stay exact, and no blob's
 * keystream ever closes something else.
 * @module
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AlgorithmError } from '../../node/algorithm/errors.ts';
import { smallConsortium } from '../algorithm/world.ts';
import { type Chain, startHardhat } from '../chain.ts';
import { type Death, type Outcome, roundsOf, runConsortium, type Spoil } from '../network/consortium.ts';

const deadlines = { form: 60, benchmark: 60, order: 60, deliver: 60, evaluate: 60 };

/** Nothing that left a party for one place was ever of two kinds: its keystreams closed one message. */
function assertOneBlobEach({ blobs }: Outcome): void {
  assert.ok(blobs.size > 0);
  for (const [at, hashes] of blobs) assert.equal(hashes.size, 1, at);
}

/** No seed was given for anybody whose upload is recorded. */
async function assertSeedsOfMissing({ ledger, seeds }: Outcome): Promise<void> {
  for (const { round, requester, missing } of seeds) {
    const given = await ledger.deliveries(round);
    assert.ok(!given.some((line) => line.provider === missing && line.requester === requester));
  }
}

async function assertBooks({ ledger }: Outcome): Promise<void> {
  const { parties, deposits, minted } = await ledger.state();
  assert.equal(
    parties.reduce((sum, { points, escrow }) => sum + points + escrow, deposits),
    minted,
  );
}

describe('a party that dies', () => {
  let chain: Chain;
  before(async () => {
    chain = await startHardhat();
  });
  after(() => chain.stop());

  it('at any step of a round and starts again costs nobody a sum', { timeout: 240_000 }, async () => {
    const steps = [
      'beforeDownload',
      'afterDownload',
      'beforeUpload',
      'afterUpload',
      'servingBlob',
      'fetchedBlob',
      'beforeSum',
      'afterSum',
      'afterCheckpoint',
      'afterReport',
    ] as const;
    const deaths = steps.map((step, index): Death => ({ round: index + 1, party: index % 4, step }));
    const consortium = smallConsortium({ rounds: steps.length, deadlines });
    await using outcome = await runConsortium({ chain, parties: 4, consortium, deaths });
    assert.equal(outcome.died.length, deaths.length);
    // Two that die after their sum open it again.
    assert.ok(outcome.sums >= 4 * steps.length);
    for (const events of outcome.events) {
      for (const { missing, skipped } of roundsOf(events)) assert.ok(missing.length === 0 && !skipped);
    }
    assertOneBlobEach(outcome);
    assert.deepEqual(outcome.seeds, []);
    await assertBooks(outcome);
  });

  it('and goes on with another account is the same party to everybody', { timeout: 240_000 }, async () => {
    const deaths: Death[] = [
      { round: 1, party: 2, step: 'afterDownload', newAccount: true },
      { round: 2, party: 0, step: 'afterUpload', newAccount: true },
    ];
    const consortium = smallConsortium({ rounds: 3, deadlines });
    await using outcome = await runConsortium({ chain, parties: 4, consortium, deaths });
    assert.equal(outcome.died.length, deaths.length);
    for (const events of outcome.events) {
      const rounds = roundsOf(events);
      assert.equal(rounds.length, 3);
      for (const { missing, skipped } of rounds) assert.ok(missing.length === 0 && !skipped);
    }
    const { parties } = await outcome.ledger.state();
    const accounts = [4, 1, 6, 3].map((index) => chain.wallets[index].address);
    assert.deepEqual(
      parties.map(({ account }) => account),
      accounts,
    );
    await assertBooks(outcome);
  });

  it('at its delivery, with the helper dying before the seed: the sum is of the others', {
    timeout: 240_000,
  }, async () => {
    const deaths: Death[] = [
      { round: 1, party: 3, step: 'afterDownload', untilEvaluate: true },
      { round: 1, party: 1, step: 'givingSeed' },
      { round: 2, party: 2, step: 'beforeUpload', untilEvaluate: true },
      { round: 2, party: 0, step: 'beforeSum' },
      // Its blobs are on disk and on the ledger: it may come back when the others have stopped to deliver.
      { round: 3, party: 1, step: 'afterUpload', untilEvaluate: true },
    ];
    await using outcome = await runConsortium({
      chain,
      parties: 4,
      consortium: smallConsortium({ rounds: 4, deadlines }),
      deaths,
    });
    assert.deepEqual(outcome.died.length, deaths.length);
    for (const [id, events] of outcome.events.entries()) {
      for (const { round, missing, ordered, skipped } of roundsOf(events)) {
        const gone = round === 1 ? 3 : round === 2 ? 2 : undefined;
        // Who was away may have lost its points or its standing for a round.
        if (gone === id || ordered === 0) continue;
        assert.deepEqual(missing, gone === undefined ? [] : [gone], `party ${id}, round ${round}`);
        assert.ok(!skipped);
      }
    }
    assert.ok(outcome.seeds.length > 0);
    await assertSeedsOfMissing(outcome);
    assertOneBlobEach(outcome);
    await assertBooks(outcome);
  });

  it('at any step of a claim and starts again: the blob comes after all, and the claim ends', {
    timeout: 240_000,
  }, async () => {
    const steps = ['afterFiling', 'beforeAnswer', 'afterAnswer', 'beforeVote', 'afterVote'] as const;
    const roles = { afterFiling: 0, beforeAnswer: 3, afterAnswer: 3, beforeVote: 1, afterVote: 2 };
    const deaths = steps.map((step, index): Death => ({ round: index + 1, party: roles[step], step }));
    // Party 3 gives party 0 nothing; the others get everything.
    const spoil: Spoil = (self, handlers) => {
      if (self !== 3) return {};
      const refused = () => {
        throw new AlgorithmError('REFUSED', 'Not to you.', { fault: 'peer' });
      };
      return {
        blob: async (requester, round) => (requester === 0 ? refused() : await handlers.blob(requester, round)),
        evidence: async (asking, place) => (asking === 0 ? refused() : await handlers.evidence(asking, place)),
      };
    };
    const consortium = smallConsortium({ rounds: steps.length, deadlines });
    await using outcome = await runConsortium({ chain, parties: 4, consortium, deaths, spoil });
    assert.equal(outcome.died.length, deaths.length);
    const claims = await outcome.ledger.claims();
    assert.equal(claims.length, steps.length);
    for (const { requester, provider, status, votesFor } of claims) {
      assert.deepEqual([requester, provider, status, votesFor], [0, 3, 'rejected', []]);
    }
    for (const events of outcome.events) {
      for (const { missing, round, skipped } of roundsOf(events))
        assert.ok(missing.length === 0 && !skipped, `${round}`);
    }
    assertOneBlobEach(outcome);
    await assertBooks(outcome);
  });
});
