/**
 * The paper's settings: who has how much, who shares how much, and that a seed decides it.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { examplePool, picturePool } from '../../node/simulation/pool.ts';
import { contributionOf, formParties, settings } from '../../node/simulation/setting.ts';
import { toyExamples } from '../algorithm/world.ts';

const pool = examplePool(toyExamples(4000, 1));
const sizes = (setting: (typeof settings)[number], parties = 5, from = pool) =>
  formParties(setting, parties, from, 7).parties.map(({ examples }) => examples.labels.length);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('settings', () => {
  it('same: 600 examples and level 0.1 each', () => {
    assert.deepEqual(sizes('same'), [600, 600, 600, 600, 600]);
    for (const { sharingLevel } of formParties('same', 5, pool, 7).parties) assert.equal(sharingLevel, 0.1);
  });

  it('different: levels between 0.1 and 0.5, on the same split as same', () => {
    const { parties, partition } = formParties('different', 5, pool, 7);
    for (const { sharingLevel } of parties) assert.ok(sharingLevel >= 0.1 && sharingLevel < 0.5);
    assert.equal(new Set(parties.map(({ sharingLevel }) => sharingLevel)).size, 5);
    assert.deepEqual(partition.shards, formParties('same', 5, pool, 7).partition.shards);
  });

  it('imbalanced: 600 a party on average, nobody below 20', () => {
    const found = sizes('imbalanced');
    assert.equal(sum(found), 3000);
    assert.ok(Math.min(...found) >= 20 && Math.max(...found) > 700);
  });

  it('skewed: 600 a party on average, with other mixes of classes', () => {
    const { parties } = formParties('skewed', 5, pool, 7);
    assert.equal(sum(parties.map(({ examples }) => examples.labels.length)), 3000);
    const shares = parties.map(
      ({ examples: { labels } }) => labels.filter((label) => label === 0).length / labels.length,
    );
    assert.ok(Math.max(...shares) - Math.min(...shares) > 0.2);
  });

  for (const setting of settings) {
    it(`${setting}: shards are disjoint, hold the rows they name, and follow from the seed`, () => {
      const { parties, partition } = formParties(setting, 5, pool, 7);
      const rows = partition.shards.flatMap((shard) => [...shard]);
      assert.equal(new Set(rows).size, rows.length);
      assert.deepEqual(
        parties.map(({ examples }) => examples.labels),
        partition.shards.map((shard) => Uint8Array.from(shard, (row) => pool.labels[row])),
      );
      assert.equal(partition.generator, 'xoroshiro128plus');
      assert.deepEqual(formParties(setting, 5, pool, 7).partition, partition);
      assert.notDeepEqual(formParties(setting, 5, pool, 8).partition.shards, partition.shards);
    });
  }

  it('shares out what there is where there is less', () => {
    assert.deepEqual(sizes('same', 5, examplePool(toyExamples(100, 2))), [20, 20, 20, 20, 20]);
    assert.equal(sum(sizes('imbalanced', 5, examplePool(toyExamples(100, 2)))), 100);
  });

  it('measures fairness against levels where they differ, else against data', () => {
    assert.deepEqual(settings.map(contributionOf), ['examples', 'sharingLevel', 'examples', 'examples']);
  });
});

describe('a pool of pictures', () => {
  it('draws padded, normalised inputs in the order asked for', () => {
    const pictures = {
      pixels: Uint8Array.of(255, 0, 51),
      labels: Uint8Array.of(1, 0, 1),
      height: 1,
      width: 1,
      channels: 1,
    };
    const drawn = picturePool(pictures, { shape: [3, 3, 1], classes: 2, mean: 0, stdDev: 0.5 }).draw(
      Uint32Array.of(2, 0),
    );
    assert.deepEqual([...drawn.labels], [1, 1]);
    assert.deepEqual(
      [...drawn.inputs].map((value) => Number(value.toFixed(3))),
      [0, 0, 0, 0, 0.4, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0],
    );
  });
});
