/**
 * What a person sees of a running node.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyView, MOST_ROUNDS, updateView } from '../../node/monitor/nodeView.ts';
import { describeEvent, renderView } from '../../node/monitor/progress.ts';
import { claimEvent, events, roundEvent } from '../events.ts';

const after = (count: number) => events.slice(0, count).reduce(updateView, emptyView);

describe('updateView', () => {
  it('folds the events of a run', () => {
    const view = after(events.length);
    assert.equal(view.party, 1);
    assert.equal(view.phase, 'closed');
    assert.deepEqual(
      view.rounds.map(({ round }) => round),
      [1, 2],
    );
    assert.deepEqual(view.removed, [3]);
    assert.equal(view.warnings.length, 1);
    assert.equal(view.finished?.accuracy, 0.93);
  });

  it('keeps open claims apart, each as of its latest step', () => {
    const ours = { requester: 1, side: 'requester' } as const;
    const steps = [claimEvent('filed'), claimEvent('filed', ours), claimEvent('answered'), claimEvent('votedFor')];
    const view = steps.reduce(updateView, emptyView);
    assert.equal(view.claims.length, 4);
    assert.deepEqual(
      view.openClaims.map(({ requester, step }) => [requester, step]),
      [
        [1, 'filed'],
        [0, 'votedFor'],
      ],
    );
    for (const end of ['upheld', 'rejected', 'undecided'] as const) {
      assert.deepEqual(updateView(view, claimEvent(end, ours)).openClaims, [claimEvent('votedFor')], end);
    }
    const late = [claimEvent('upheld'), claimEvent('votedFor')].reduce(updateView, view);
    assert.equal(late.openClaims.length, 1, 'a vote that is told of after the end opens nothing');
    const next = updateView(view, claimEvent('upheld', { round: 2 }));
    assert.equal(next.openClaims.length, 2, 'the claim of another round is another claim');
  });

  it('keeps a bounded history', () => {
    const rounds = Array.from({ length: MOST_ROUNDS + 5 }, (_, index) => roundEvent({ round: index + 1 }));
    const view = rounds.reduce(updateView, emptyView);
    assert.equal(view.rounds.length, MOST_ROUNDS);
    assert.equal(view.rounds[0].round, 6);
  });
});

describe('renderView', () => {
  it('shows phase, time left, rounds and warnings', () => {
    const text = renderView(after(9), 1_700_000_100);
    assert.match(text, /party 1, account 0xAbC/);
    assert.match(text, /round 1, phase order, at most 20 s left/);
    assert.match(text, /600 examples, 60 samples published \(ε = 4\.00, δ = 0\.000010 per original record\)/);
    assert.match(text, /1\s+91\.3 %\s+85\.0 %\s+123456\s+3000\s+2800\s+3\s+2\.5 MB\s+4\.3/);
    assert.match(text, /2\s+93\.0 %.*skipped/);
    assert.match(text, /voted out: 3/);
    assert.match(text, /Party 3 did not answer/);
  });

  it('shows a node that has just begun, and no deadline that is over', () => {
    assert.equal(renderView(emptyView, 0), 'DPPDL node\nphase starting');
    assert.ok(!renderView(after(5), 1_800_000_000).includes('left'));
  });

  it('shows claims until their end', () => {
    const view = updateView(emptyView, claimEvent('answered'));
    assert.match(renderView(view, 0), /claim of party 0 that the blob of party 2 was not delivered: answered/);
    assert.doesNotMatch(renderView(updateView(view, claimEvent('upheld')), 0), /claim/);
  });

  it('escapes what came from elsewhere', () => {
    const warning = { type: 'warning', round: 1, code: 'X', party: 0, message: 'bad\u001b[2Jtext' } as const;
    assert.ok(!renderView(updateView(emptyView, warning), 0).includes('\u001b'));
  });
});

describe('describeEvent', () => {
  it('puts every event into one line', () => {
    const lines = events.map(describeEvent);
    assert.ok(lines.every((line) => line.length > 10 && !line.includes('\n') && !line.includes('undefined')));
    assert.equal(
      lines[5],
      'round 1: accuracy 91.3 %, alone 85.0 %, 123456 points, 2800 of 3000 entries received, missing parties 3, 4.3 s',
    );
    assert.match(lines[8], /nothing received of 3000 entries ordered/);
  });

  it('says so when there is no test data', () => {
    assert.match(describeEvent(roundEvent({ accuracy: null, accuracyAlone: null })), /accuracy –, alone –/);
  });
});
