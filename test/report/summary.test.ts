/**
 * A run's summary and how it is shown.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LedgerState, NodeEvent, RoundEvent } from '../../node/algorithm/ports.ts';
import { escapeHtml, summaryHtml } from '../../node/report/html.ts';
import { summarise } from '../../node/report/summary.ts';
import {
  byContribution,
  correlation,
  gain,
  incidents,
  megabytes,
  percent,
  summaryText,
  thousands,
} from '../../node/report/text.ts';
import type { Party } from '../../node/types.ts';

const privacy = { generator: 'gaussian', epsilon: 4, delta: 1e-5, unit: 'record' } as const;

const party = (id: number, points: bigint): Party => ({
  id,
  account: `0x${String(id).repeat(40)}`,
  credible: true,
  points,
  escrow: id === 0 ? 5n : 0n,
  cap: 100,
  acted: false,
  peerId: '',
  address: '',
  maskKey: new Uint8Array(32),
  encryptionKey: new Uint8Array(32),
  examples: 100 * (id + 1),
  samples: 10 * (id + 1) * (id + 1),
  samplesHash: new Uint8Array(32),
  privacy,
});

const round = (id: number, number: number, changes: Partial<RoundEvent> = {}): RoundEvent => ({
  type: 'round',
  party: id,
  round: number,
  accuracy: 0.9 + id / 100,
  accuracyAlone: 0.8 + id / 100,
  points: '100',
  ordered: 10,
  received: 10,
  missing: [],
  skipped: false,
  credibility: [0, 1, 2].map((other) => (other === id ? 0 : 0.5)),
  reported: [],
  bytesSent: 1_500_000 * number,
  bytesReceived: 2_000_000 * number,
  seconds: { train: 1, order: 2, deliver: 3, evaluate: 4 },
  ...changes,
});

const said = (id: number, ...rounds: RoundEvent[]): NodeEvent[] => [
  { type: 'registered', party: id, samples: 10, sharingLevel: 0.1, privacy },
  { type: 'benchmarked', party: id, accuracy: 0.7, credibility: [], reported: [] },
  ...rounds,
];

const state: LedgerState = {
  phase: 'closed',
  round: 2,
  deadline: 0,
  parties: [party(0, 95n), party(1, 100n), party(2, 100n)],
  deposits: 0n,
  minted: 300n,
};
const sources = {
  name: 'test <consortium>',
  parameterCount: 1000,
  contract: `0x${'c'.repeat(40)}`,
  events: [0, 1, 2].map((id) => said(id, round(id, 1), round(id, 2))),
  state,
  transactions: { count: 7, gas: 1_234_567n },
};

describe('summarise', () => {
  it('balances the books over points and escrow', () => {
    assert.deepEqual(summarise(sources).books, { minted: '300', held: '300', balanced: true });
    assert.equal(summarise({ ...sources, state: { ...state, minted: 301n } }).books.balanced, false);
  });

  it('takes last accuracies, traffic and what others think of each', () => {
    const summary = summarise(sources);
    assert.equal(summary.rounds, 2);
    const [first] = summary.parties;
    assert.equal(first.accuracyStandalone, 0.7);
    assert.equal(first.accuracy, 0.9);
    assert.equal(first.accuracyAlone, 0.8);
    assert.equal(first.credibilityReceived, 0.5);
    assert.equal(first.bytesSent, 3_000_000);
    assert.equal(summary.everyoneBetter, true);
    assert.ok(Math.abs((summary.fairness.r ?? 0) - 1) < 1e-9);
    assert.deepEqual(summary.seconds, { train: 1, order: 2, deliver: 3, evaluate: 4 });
    assert.equal(summary.secondsPerRound, 10);
  });

  it('is not content when one party is no better than alone', () => {
    const worse = [...sources.events.slice(0, 2), said(2, round(2, 1, { accuracy: 0.82, accuracyAlone: 0.82 }))];
    assert.equal(summarise({ ...sources, events: worse }).everyoneBetter, false);
  });

  it('names every incomplete round', () => {
    const events = [said(0, round(0, 1, { missing: [2], skipped: true })), ...sources.events.slice(1)];
    const summary = summarise({ ...sources, events });
    const [{ ordered }] = summary.troubles;
    assert.deepEqual(summary.troubles, [{ round: 1, party: 0, missing: [2], ordered, skipped: true }]);
    assert.deepEqual(incidents(summary), ['round 1 at party 0: party 2 missing; nothing was added']);
    assert.match(summaryText(summary), /INCOMPLETE +round 1 at party 0: party 2 missing; nothing was added/);
  });

  it('tells who ordered nothing from who was given nothing', () => {
    for (const [ordered, why] of [
      [0, 'it ordered nothing, for want of points or time'],
      [9, 'nobody delivered'],
    ] as const) {
      const events = [said(0, round(0, 1, { ordered, skipped: true })), ...sources.events.slice(1)];
      assert.deepEqual(incidents(summarise({ ...sources, events })), [`round 1 at party 0: ${why}; nothing was added`]);
    }
  });

  it('tells each removal once, and which node failed', () => {
    const events = sources.events.map((list) => [...list, { type: 'removed', round: 2, party: 1 } as const]);
    const failures = [{ name: 'birch', ended: 'SIGKILL' }];
    const summary = summarise({ ...sources, names: ['alder', 'birch', 'cedar'], events, failures });
    assert.deepEqual(summary.removals, [{ round: 2, party: 1 }]);
    assert.deepEqual(incidents(summary), ['birch ended with SIGKILL', 'round 2: birch was voted out']);
  });

  it('finds the name of a party whatever the order of registration', () => {
    const events = [sources.events[2], sources.events[0], sources.events[1]];
    const summary = summarise({ ...sources, names: ['cedar', 'alder', 'birch'], events });
    assert.deepEqual(
      summary.parties.map(({ name }) => name),
      ['alder', 'birch', 'cedar'],
    );
  });

  it('measures fairness by data size too, each with its control', () => {
    const accuracies = [0.9, 0.92, 0.91];
    const events = accuracies.map((accuracy, id) => said(id, round(id, 1, { accuracy })));
    const { fairness, fairnessOfExamples } = summarise({ ...sources, events });
    // x = 1, 2, 3 (hundred examples) against 0, 2, 1: r = 1/2; λ is proportional to it here.
    assert.ok(Math.abs((fairnessOfExamples.r ?? 0) - 0.5) < 1e-9);
    assert.ok(Math.abs((fairness.r ?? 0) - 0.5) < 1e-9);
    assert.ok(Math.abs((fairness.control ?? 0) - 1) < 1e-9);
  });

  it('gives a party whose node said nothing an empty row', () => {
    const summary = summarise({ ...sources, events: sources.events.slice(0, 2) });
    assert.equal(summary.parties[2].accuracy, null);
    assert.deepEqual(summary.parties[2].rounds, []);
  });
});

describe('the report', () => {
  it('needs nothing from outside and shows text as text', async () => {
    const html = await summaryHtml(summarise(sources));
    assert.equal(html.match(/<svg/g)?.length, 4);
    assert.doesNotMatch(html, /<script|<link|(src|href)="http|url\(http/);
    assert.ok(html.includes('test &lt;consortium&gt;'));
    assert.equal(escapeHtml(`<a href="x">'&'</a>`), '&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;');
  });

  it('lists who shares most first, and what they gained', async () => {
    const summary = summarise({ ...sources, names: ['alder', 'birch', 'cedar'] });
    assert.deepEqual(
      byContribution(summary.parties).map(({ name }) => name),
      ['cedar', 'birch', 'alder'],
    );
    const text = summaryText(summary);
    assert.ok(text.indexOf('cedar') < text.indexOf('alder'));
    assert.equal(gain({ accuracy: 0.9, accuracyAlone: 0.8 }), '+10.0');
    assert.equal(gain({ accuracy: 0.8, accuracyAlone: 0.8 }), '0.0');
    assert.equal(gain({ accuracy: null, accuracyAlone: 0.8 }), '–');
  });

  it('says loudly what is wrong', async () => {
    const bad = summarise({
      ...sources,
      state: { ...state, minted: 301n },
      audit: { inOrder: false, events: 12, violations: { MINT: 2 } },
      failures: [{ name: '<b>', ended: 'code 5' }],
    });
    const text = summaryText(bad);
    assert.match(text, /DO NOT BALANCE: 301 points minted, 300 held/);
    assert.match(text, /VIOLATIONS \(MINT × 2\)/);
    const html = await summaryHtml(bad);
    assert.ok(html.includes('The books do not balance') && html.includes('MINT: 2'));
    assert.ok(html.includes('<li>&lt;b&gt; ended with code 5</li>'));
  });

  it('colours only when told', () => {
    const summary = summarise(sources);
    assert.ok(!summaryText(summary).includes('\u001b['));
    assert.ok(summaryText(summary, { colour: true }).includes('\u001b[32m'));
  });

  it('writes numbers for people', () => {
    assert.equal(percent(0.9145), '91.5 %');
    assert.equal(percent(null), '–');
    assert.equal(megabytes(3_508_519), '3.5 MB');
    assert.equal(thousands('1234567'), '1,234,567');
    assert.equal(correlation(null), 'not defined');
    assert.equal(correlation(-0.456), '-0.46');
  });
});
