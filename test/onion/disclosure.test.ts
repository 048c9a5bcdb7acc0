/**
 * What may be given away: every ledger state, every lie about a dropout.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { blobRefusal, type RoundFacts, seedRefusal } from '../../node/onion/disclosure.ts';
import type { Delivery, Order, Phase } from '../../node/types.ts';

const order = (requester: number, provider: number): Order => ({ requester, provider, count: 5 });
const delivery = (provider: number, requester: number): Delivery => ({
  provider,
  requester,
  commitment: new Uint8Array(32),
});
/** Party 0 ordered from 1 … 4, of whom 1, 2 and 3 delivered; party 1 ordered from 2 and 3. */
const facts: RoundFacts = {
  orders: [order(0, 1), order(0, 2), order(0, 3), order(0, 4), order(1, 2), order(1, 3)],
  deliveries: [delivery(1, 0), delivery(2, 0), delivery(3, 0), delivery(2, 1)],
  isFinal: true,
  minProviders: 2,
};
const everybody = [0, 1, 2, 3, 4];
const complete = (member: number) => everybody.filter((other) => other !== member);
const ask = { self: 1, requester: 0, missing: 4 };

describe('seedRefusal', () => {
  it('gives a seed for a party that did not deliver', () => {
    assert.equal(seedRefusal(facts, ask, complete), undefined);
  });

  it('never before the deliver phase is over', () => {
    assert.equal(seedRefusal({ ...facts, isFinal: false }, ask, complete), 'NOT_OVER');
  });

  it('never for a party whose upload the ledger shows', () => {
    for (const missing of [2, 3]) assert.equal(seedRefusal(facts, { ...ask, missing }, complete), 'DELIVERED');
  });

  it('never from a party that did not deliver itself', () => {
    const twoMissing = { ...facts, deliveries: facts.deliveries.filter(({ provider }) => provider !== 1) };
    assert.equal(seedRefusal(twoMissing, ask, complete), 'NOT_RECORDED');
  });

  it('never for strangers to the sum, the requester or oneself', () => {
    for (const changes of [
      { missing: 9 },
      { missing: 0 },
      { missing: 1 },
      { requester: 2 },
      { self: 9 },
      { self: 0 },
    ]) {
      assert.equal(seedRefusal(facts, { ...ask, ...changes }, complete), 'NOT_ORDERED');
    }
    // Party 1 ordered from 2 and 3: nothing of that helps party 0.
    assert.equal(seedRefusal(facts, { self: 2, requester: 1, missing: 3 }, complete), 'GROUP_TOO_SMALL');
    assert.equal(seedRefusal(facts, { self: 2, requester: 1, missing: 4 }, complete), 'NOT_ORDERED');
  });

  it('never when too few delivered, in all or in one part of the graph', () => {
    assert.equal(seedRefusal({ ...facts, minProviders: 4 }, ask, complete), 'GROUP_TOO_SMALL');
    // A path 1 – 4 – 2 – 3: without 4, party 1 would stand alone.
    const path: Record<number, number[]> = { 0: [1, 2, 3, 4], 1: [0, 4], 2: [0, 3, 4], 3: [0, 2], 4: [0, 1, 2] };
    assert.equal(
      seedRefusal(facts, ask, (member) => path[member]),
      'GROUP_TOO_SMALL',
    );
  });

  it('never where no seed is shared', () => {
    const path: Record<number, number[]> = { 0: [1, 2, 3, 4], 1: [0, 2], 2: [0, 1, 3], 3: [0, 2, 4], 4: [0, 3] };
    assert.equal(
      seedRefusal(facts, ask, (member) => path[member]),
      'NOT_NEIGHBOURS',
    );
  });
});

describe('blobRefusal', () => {
  it('gives a blob once its upload is recorded, and at no other time', () => {
    assert.equal(blobRefusal(facts, 1, 0), undefined);
    assert.equal(blobRefusal(facts, 4, 0), 'NOT_RECORDED');
    assert.equal(blobRefusal(facts, 3, 1), 'NOT_RECORDED');
    assert.equal(blobRefusal(facts, 1, 2), 'NOT_ORDERED');
    assert.equal(blobRefusal({ ...facts, minProviders: 5 }, 1, 0), 'GROUP_TOO_SMALL');
  });
});

describe('blob and seeds together', () => {
  it('are never both given: no ledger, now or later, lets a blob out and the seeds that bare it', () => {
    const pairs = fc.uniqueArray(fc.tuple(fc.nat(4), fc.nat(4)), { selector: String, maxLength: 20 });
    const phase = fc.constantFrom<Phase>('order', 'deliver', 'evaluate', 'closed');
    const histories = fc.record({ orders: pairs, uploaded: pairs, later: pairs, phase, minProviders: fc.nat(3) });
    let given = 0;
    fc.assert(
      fc.property(histories, ({ orders, uploaded, later, phase, minProviders }) => {
        // What the ledger allows: uploads answer orders, and none is recorded once the deliver phase is over.
        const ordered = new Set(orders.map(String));
        const answers = (all: readonly (readonly [number, number])[]) =>
          all.filter((line) => ordered.has(String(line)));
        const early = answers(uploaded);
        const late = phase === 'deliver' ? [...early, ...answers(later)] : early;
        const at = (lines: readonly (readonly [number, number])[], isFinal: boolean): RoundFacts => ({
          orders: orders.map(([requester, provider]) => order(requester, provider)),
          deliveries: lines.map(([requester, provider]) => delivery(provider, requester)),
          isFinal,
          minProviders,
        });
        const [first, second] = [at(early, phase !== 'order' && phase !== 'deliver'), at(late, true)];
        for (const requester of everybody) {
          for (const missing of everybody) {
            for (const self of everybody) {
              const seed = [first, second].some(
                (state) => seedRefusal(state, { self, requester, missing }, complete) === undefined,
              );
              if (!seed) continue;
              given++;
              const blob = [first, second].some((state) => blobRefusal(state, missing, requester) === undefined);
              assert.ok(!blob, `party ${self} gave what bares party ${missing} to ${requester}`);
            }
          }
        }
      }),
      { numRuns: 500, seed: 1 },
    );
    assert.ok(given > 100, 'the histories reach cases where seeds are given');
  });
});
