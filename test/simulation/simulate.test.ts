/**
 * Simulated consortia: repeatable, the same with and without encryption, and able to misbehave.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Consortium } from '../../node/consortium.ts';
import type { Behaviour } from '../../node/simulation/behaviour.ts';
import { type SimulationOptions, simulate } from '../../node/simulation/simulate.ts';
import type { Examples } from '../../node/types.ts';
import { smallConsortium, toyExamples } from '../algorithm/world.ts';

/** Publishes fresh toy points, so that nothing hangs on privacy noise. */
const generator: NonNullable<SimulationOptions['generator']> = {
  async generate({ shape }: Examples, count) {
    const { inputs } = toyExamples(count, 999);
    return { samples: { inputs, shape }, privacy: { generator: 'gaussian', epsilon: 4, delta: 1e-5, unit: 'record' } };
  },
};

function small(behaviours: readonly (Behaviour | undefined)[], changes: Partial<Consortium> = {}): SimulationOptions {
  return {
    consortium: smallConsortium(changes),
    parties: behaviours.map((behaviour, id) => ({
      examples: toyExamples(60, id + 1),
      sharingLevel: 0.3,
      ...(behaviour && { behaviour }),
    })),
    test: toyExamples(200, 500),
    seed: 3,
    generator,
    threads: 1,
  };
}

const honest = [undefined, undefined, undefined, undefined];

describe('simulate', () => {
  it('gives the same models for the same seed, with any number of threads', async () => {
    const [first, again] = [await simulate(small(honest)), await simulate({ ...small(honest), threads: 2 })];
    assert.deepEqual(again.parameters, first.parameters);
  });

  it('gives the same models to the bit with the onion as without it', async () => {
    const [plain, secure] = [await simulate(small(honest)), await simulate({ ...small(honest), secure: true })];
    assert.deepEqual(secure.parameters, plain.parameters);
    assert.deepEqual(
      secure.summary.parties.map(({ points }) => points),
      plain.summary.parties.map(({ points }) => points),
    );
  });

  it('keeps the books and finishes all rounds', async () => {
    const { summary } = await simulate(small(honest));
    assert.ok(summary.books.balanced);
    assert.deepEqual(summary.troubles, []);
    for (const { rounds } of summary.parties) assert.equal(rounds.length, 3);
  });

  for (const kind of ['randomAnswers', 'constantAnswers', 'flippedLabels', 'randomLabels', 'collude'] as const) {
    it(`votes out a party with ${kind}`, async () => {
      const { summary } = await simulate(small([...honest, { kind }]));
      assert.deepEqual(
        summary.parties.map(({ credible }) => credible),
        [true, true, true, true, false],
      );
      assert.ok(summary.books.balanced);
    });
  }

  it('spares a party that says that it is small, where the consortium does, and no larger one', async () => {
    const { credibility } = smallConsortium();
    const spared = { from: 10, below: 30, thresholdShare: 0 };
    const changes = { credibility: { ...credibility, smallParties: spared } };
    for (const [examples, credible] of [
      [29, true],
      [30, false],
    ] as const) {
      const options = small([...honest, { kind: 'randomAnswers' }], changes);
      const parties = options.parties.map((party, id) =>
        id < 4 ? party : { ...party, examples: toyExamples(examples, 5) },
      );
      const { summary } = await simulate({ ...options, parties });
      assert.deepEqual(
        summary.parties.map((party) => party.credible),
        [true, true, true, true, credible],
      );
    }
  });

  it('votes out two that collude against five, though both report everybody else', async () => {
    const { summary } = await simulate(small([...honest, undefined, { kind: 'collude' }, { kind: 'collude' }]));
    assert.deepEqual(
      summary.parties.map(({ credible }) => credible),
      [true, true, true, true, true, false, false],
    );
    assert.deepEqual(summary.removals, [
      { round: 0, party: 5 },
      { round: 0, party: 6 },
    ]);
  });

  it('gives a party with few examples only those', async () => {
    const { summary } = await simulate(small([...honest, { kind: 'fewExamples', count: 5 }]));
    assert.deepEqual(
      summary.parties.map(({ examples, samples }) => [examples, samples]),
      [
        [60, 18],
        [60, 18],
        [60, 18],
        [60, 18],
        [5, 1],
      ],
    );
  });

  it('measures accuracy only where asked, and at the end', async () => {
    const { summary } = await simulate({ ...small(honest), isMeasured: (round) => round === 1 });
    for (const { rounds } of summary.parties) {
      assert.deepEqual(
        rounds.map(({ accuracy, accuracyAlone }) => [accuracy !== null, accuracyAlone !== null]),
        [
          [true, true],
          [false, false],
          [true, true],
        ],
      );
    }
  });

  it('gives the same models with the onion when some attack, collude or drop out', async () => {
    const behaviours: (Behaviour | undefined)[] = [
      ...honest,
      { kind: 'signFlippedGradient' },
      { kind: 'collude' },
      { kind: 'dropOut', round: 2 },
    ];
    const [plain, secure] = [await simulate(small(behaviours)), await simulate({ ...small(behaviours), secure: true })];
    assert.ok(plain.summary.removals.length > 0);
    assert.deepEqual(secure.parameters, plain.parameters);
    assert.deepEqual(secure.summary.removals, plain.summary.removals);
  });

  for (const behaviour of [
    { kind: 'noiseGradient' },
    { kind: 'signFlippedGradient' },
    { kind: 'zeroGradient' },
    { kind: 'scaledGradient', factor: 100 },
  ] as const) {
    it(`bounds what a party with ${behaviour.kind} adds by the clamp`, async () => {
      const clean = await simulate(small(honest, { rounds: 1 }));
      const attacked = await simulate(small([behaviour, ...honest.slice(1)], { rounds: 1 }));
      const [, before] = clean.parameters;
      const [, after] = attacked.parameters;
      assert.ok(before !== undefined && after !== undefined);
      const difference = before.reduce((most, value, at) => Math.max(most, Math.abs(value - after[at])), 0);
      // The mean of four: one party moves an entry by at most 2·clamp/4.
      assert.ok(difference > 0 && difference <= (2 * 0.5) / 4 + 1e-6, String(difference));
    });
  }

  it('goes on without a party that drops out, and says so', async () => {
    const { summary } = await simulate(small([...honest, { kind: 'dropOut', round: 2 }]));
    for (const { rounds } of summary.parties.slice(0, 4)) {
      assert.equal(rounds.length, 3);
      assert.deepEqual(rounds[0].missing, []);
      assert.deepEqual(rounds[1].missing, [4]);
      assert.equal(rounds[1].skipped, false);
    }
    assert.ok(summary.books.balanced);
  });

  it('takes in a party that joins later, from the next round on', async () => {
    const { summary } = await simulate(small([...honest, { kind: 'lateJoin', round: 1 }], { rounds: 4 }));
    const [late] = summary.parties.slice(-1);
    assert.ok(late.credible);
    assert.deepEqual(
      late.rounds.map(({ round }) => round),
      [2, 3, 4],
    );
    // It spends its first points before anybody knows it, and those it has earned then.
    assert.ok(late.rounds[0].received > 0 && late.rounds[2].received > 0);
    // The others rate it in its first round and order from it in its second.
    for (const { rounds } of summary.parties.slice(0, 4)) {
      assert.equal(rounds[0].credibility[4] ?? 0, 0);
      assert.ok(rounds[1].credibility[4] > 0);
    }
    assert.ok(summary.books.balanced);
  });

  it('lets nobody gain points by overstating its data', async () => {
    const factor = 10;
    const { summary } = await simulate(small([{ kind: 'overstatedData', factor }, ...honest.slice(1)]));
    const [liar, other] = summary.parties;
    assert.equal(liar.examples, 600);
    assert.ok(BigInt(liar.points) < BigInt(other.points));
  });

  it('shows others what a party states instead of what it has', async () => {
    const behaviours: (Behaviour | undefined)[] = [
      { kind: 'overstatedSamples', factor: 2 },
      { kind: 'fewExamples', count: 10, stated: 40 },
      ...honest,
    ];
    const { events } = await simulate(small(behaviours, { rounds: 1 }));
    const stated = events.flatMap((event) => (event.name === 'Registered' ? [event.registration] : []));
    assert.deepEqual(
      stated.slice(0, 3).map(({ examples, samples }) => [examples, samples]),
      [
        [120, 36],
        [40, 3],
        [60, 18],
      ],
    );
  });
});
