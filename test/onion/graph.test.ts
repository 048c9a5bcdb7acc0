/**
 * Who masks with whom: symmetric, connected, sparse where it should be, and hard to cut.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maskGraph, smallestPart } from '../../node/onion/graph.ts';
import { createSeededRandom } from '../../node/random.ts';
import { bytesOf, createGroup, testContext } from './group.ts';

describe('maskGraph', () => {
  it('are symmetric, never oneself, and always the recipient', () => {
    for (const size of [2, 16, 32, 33, 49, 255]) {
      const group = createGroup(size, 8);
      const everybody = [group.requester, ...group.providers];
      for (const member of everybody) {
        const near = group.neighboursOf(member);
        assert.ok(!near.includes(member));
        assert.deepEqual(
          near,
          [...near].sort((a, b) => a - b),
        );
        for (const other of near) assert.ok(group.neighboursOf(other).includes(member));
        if (member !== group.requester) assert.ok(near.includes(group.requester));
      }
    }
  });

  it('are everybody up to 32 providers, and at most 2⌈log2 n⌉ of n providers beyond', () => {
    for (const size of [2, 15, 32]) {
      const group = createGroup(size, 8);
      for (const provider of group.providers) assert.equal(group.neighboursOf(provider).length, size);
    }
    for (const size of [33, 49, 100, 255]) {
      const group = createGroup(size, 8);
      const most = 2 * Math.ceil(Math.log2(size)) + 1;
      for (const provider of group.providers) {
        const count = group.neighboursOf(provider).length;
        assert.ok(count <= most && count > most / 2, `${count} of ${size}`);
      }
      assert.equal(smallestPart(group.providers, group.neighboursOf), size);
    }
  });

  it('are drawn anew by every beacon, recipient and round, the same on every node', () => {
    const everybody = Array.from({ length: 60 }, (_, id) => id);
    const draw = (recipient: number, round: number, beacon: string) =>
      everybody
        .filter((id) => id > 10)
        .map((id) => maskGraph(everybody, recipient, { ...testContext, round }, bytesOf(beacon))(id).join())
        .join(';');
    assert.equal(draw(1, 1, 'a'), draw(1, 1, 'a'));
    const drawings = [draw(1, 1, 'a'), draw(2, 1, 'a'), draw(1, 2, 'a'), draw(1, 1, 'b')];
    assert.equal(new Set(drawings).size, 4);
  });

  it('leave the honest connected when any third colludes or is missing', () => {
    // Chance of a cut below 1e-4 per drawing (docs/threats.md); 200 repeatable drawings have none.
    const random = createSeededRandom(5);
    for (let drawing = 0; drawing < 200; drawing++) {
      const group = createGroup(49, 8, `cut ${drawing}`);
      const gone = new Set([...random.permutation(49)].slice(0, 16));
      const honest = group.providers.filter((_, place) => !gone.has(place));
      assert.equal(smallestPart(honest, group.neighboursOf), honest.length);
    }
  });
});

describe('smallestPart', () => {
  it('counts parts', () => {
    const edges: Record<number, number[]> = { 1: [2], 2: [1, 3], 3: [2], 4: [5], 5: [4], 6: [] };
    const near = (member: number) => edges[member];
    assert.equal(smallestPart([1, 2, 3], near), 3);
    assert.equal(smallestPart([1, 3], near), 1);
    assert.equal(smallestPart([1, 2, 3, 4, 5], near), 2);
    assert.equal(smallestPart([1, 2, 6], near), 1);
    assert.equal(smallestPart([], near), 0);
  });
});
