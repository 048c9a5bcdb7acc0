/**
 * What every adapter of the `Store` port must do.
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Checkpoint, Publication, Store } from '../../node/algorithm/ports.ts';

/** An adapter under test. `reopen` gives what a new process would see, or undefined where nothing survives one. */
export interface StoreCase {
  readonly store: Store;
  readonly reopen: (() => Store) | undefined;
  end(): void;
}

const bytes = (length: number, first: number) => Uint8Array.from({ length }, (_, index) => (first + index) & 0xff);
/** A blob with a key of its own. */
const closed = (blob: Uint8Array) => ({ blob: Uint8Array.from(blob), key: bytes(32, 40 + (blob[0] ?? 0)) });
const pair = (first: number) => ({ publicKey: bytes(32, first), secretKey: bytes(32, first + 100) });

const checkpoint: Checkpoint = {
  round: 3,
  parameters: Float32Array.of(0, -0, 1.5, -3.25e-20, 3.4e38, Math.PI),
  alone: Float32Array.of(1, 2, 3, 4, 5, 6),
  credibility: [0, 0.1, 0.9000000000000001],
  silence: [0, 2, 0],
};
const publication: Publication = {
  bytes: bytes(1000, 7),
  privacy: { generator: 'gaussian', epsilon: 4, delta: 1e-5, unit: 'record' },
};

/** Runs the suite on an adapter. `keepRounds` of the adapter must be 2. */
export function testStore(name: string, create: () => StoreCase): void {
  const check = (title: string, body: (store: Store, again: () => Store) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const given = create();
      try {
        let store = given.store;
        await body(store, () => {
          if (given.reopen !== undefined) store = given.reopen();
          return store;
        });
      } finally {
        given.end();
      }
    });
  const refuses = (promise: Promise<unknown>) => assert.rejects(promise, { code: 'ALREADY_SAVED', fault: 'self' });

  check('a new store is empty', async (store) => {
    assert.equal(await store.checkpoint(), undefined);
    assert.equal(await store.publication(), undefined);
    assert.equal(await store.roundKey(1), undefined);
    assert.equal(await store.blobs(1), undefined);
  });

  check('the last checkpoint comes back bit for bit', async (store, again) => {
    await store.saveCheckpoint({ ...checkpoint, round: 2, parameters: new Float32Array(9) });
    await store.saveCheckpoint(checkpoint);
    const back = await again().checkpoint();
    assert.deepEqual(back, checkpoint);
    assert.ok(back !== undefined && Object.is(back.parameters[1], -0));
  });

  check('a checkpoint saved is not changed by its owner', async (store) => {
    const parameters = Float32Array.of(1, 2);
    await store.saveCheckpoint({ ...checkpoint, parameters });
    parameters[0] = 9;
    const first = await store.checkpoint();
    first?.parameters.fill(7);
    assert.deepEqual((await store.checkpoint())?.parameters, Float32Array.of(1, 2));
  });

  check('a publication is saved once', async (store, again) => {
    await store.savePublication(publication);
    await store.savePublication(publication);
    assert.deepEqual(await again().publication(), publication);
    await refuses(again().savePublication({ ...publication, bytes: bytes(1000, 8) }));
    await refuses(again().savePublication({ ...publication, privacy: { ...publication.privacy, epsilon: 5 } }));
    assert.deepEqual(await again().publication(), publication);
  });

  check('round keys are saved once, and dropped for good', async (store, again) => {
    for (const round of [1, 2, 3]) await store.saveRoundKey(round, pair(round));
    await store.saveRoundKey(2, pair(2));
    await refuses(store.saveRoundKey(2, pair(9)));
    await again().dropRoundKeys(3);
    const after = again();
    assert.equal(await after.roundKey(1), undefined);
    assert.equal(await after.roundKey(2), undefined);
    assert.deepEqual(await after.roundKey(3), pair(3));
  });

  check('blobs of a round are saved once and come back with their keys', async (store, again) => {
    const blobs = new Map([
      [4, closed(bytes(300, 1))],
      [0, closed(bytes(0, 0))],
    ]);
    await store.saveBlobs(1, blobs);
    await store.saveBlobs(1, new Map([...blobs].reverse()));
    const back = await again().blobs(1);
    assert.deepEqual(back, blobs);
    await refuses(again().saveBlobs(1, new Map([[4, closed(bytes(300, 2))]])));
    await refuses(again().saveBlobs(1, new Map([...blobs, [5, closed(bytes(1, 1))]])));
    await refuses(again().saveBlobs(1, new Map()));
    assert.deepEqual(await again().blobs(1), blobs);
  });

  check('one blob of a round comes back by itself', async (store, again) => {
    for (const round of [1, 2])
      await store.saveBlobs(round, new Map([0, 7].map((id) => [id, closed(bytes(9, id + round))])));
    const after = again();
    assert.deepEqual(await after.blob(1, 7), closed(bytes(9, 8)));
    assert.deepEqual(await after.blob(2, 0), closed(bytes(9, 2)));
    assert.equal(await after.blob(1, 3), undefined);
    assert.equal(await after.blob(3, 0), undefined);
    await after.dropBlobKeys(2, new Set());
    assert.deepEqual(await after.blob(1, 7), { blob: bytes(9, 8), key: undefined });
  });

  check('what is given out is the caller’s own', async (store) => {
    await store.saveRoundKey(1, pair(1));
    await store.saveBlobs(1, new Map([[0, closed(bytes(9, 3))]]));
    (await store.roundKey(1))?.secretKey.fill(0);
    const kept = await store.blob(1, 0);
    kept?.blob.fill(0);
    kept?.key?.fill(0);
    assert.deepEqual(await store.roundKey(1), pair(1));
    assert.deepEqual(await store.blob(1, 0), closed(bytes(9, 3)));
  });

  check('a saved key is not changed by its owner', async (store) => {
    const { blob, key } = closed(bytes(30, 1));
    await store.saveBlobs(1, new Map([[0, { blob, key }]]));
    key.fill(0);
    (await store.blobs(1))?.get(0)?.key?.fill(1);
    assert.deepEqual(await store.blobs(1), new Map([[0, closed(bytes(30, 1))]]));
  });

  check('a round without blobs is a saved round', async (store, again) => {
    await store.saveBlobs(1, new Map());
    assert.deepEqual(await again().blobs(1), new Map());
    await refuses(again().saveBlobs(1, new Map([[1, closed(bytes(4, 4))]])));
  });

  check('keys are forgotten, but of disputed rounds', async (store, again) => {
    for (const round of [1, 2, 3]) await store.saveBlobs(round, new Map([[0, closed(bytes(50, round))]]));
    await store.dropBlobKeys(3, new Set([2]));
    const keyOf = async (round: number) => (await again().blobs(round))?.get(0)?.key;
    assert.equal(await keyOf(1), undefined);
    assert.deepEqual(await keyOf(2), closed(bytes(50, 2)).key);
    assert.deepEqual(await keyOf(3), closed(bytes(50, 3)).key);
    assert.deepEqual((await again().blobs(2))?.get(0)?.blob, bytes(50, 2));
    await again().saveBlobs(2, new Map([[0, closed(bytes(50, 2))]]));
    await again().dropBlobKeys(4, new Set());
    assert.equal(await keyOf(2), undefined);
    assert.equal(await keyOf(3), undefined);
  });

  check('old blobs are pruned once their keys are forgotten, but their rounds stay used', async (store, again) => {
    const save = (round: number) => store.saveBlobs(round, new Map([[0, closed(bytes(50, round))]]));
    for (const round of [1, 2, 3]) await save(round);
    assert.deepEqual(await store.blobs(1), new Map([[0, closed(bytes(50, 1))]]));
    await store.dropBlobKeys(4, new Set([1, 3]));
    await save(4);
    assert.deepEqual(await store.blobs(1), new Map([[0, closed(bytes(50, 1))]]));
    assert.equal(await store.blobs(2), undefined);
    await store.dropBlobKeys(4, new Set());
    await save(5);
    const after = again();
    assert.equal(await after.blobs(1), undefined);
    assert.equal(await after.blobs(3), undefined);
    assert.deepEqual(await after.blobs(4), new Map([[0, closed(bytes(50, 4))]]));
    await refuses(after.saveBlobs(1, new Map([[0, closed(bytes(50, 99))]])));
  });

  check('one long blob is not two short ones', async (store) => {
    await store.saveBlobs(1, new Map([[0, closed(Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 0, 5))]]));
    await refuses(
      store.saveBlobs(
        1,
        new Map([
          [0, closed(Uint8Array.of(1))],
          [2, closed(Uint8Array.of(5))],
        ]),
      ),
    );
  });

  check('blobs of different sets are never taken for the same', async (store) => {
    const set = fc.uniqueArray(fc.tuple(fc.nat(5), fc.uint8Array({ maxLength: 3 })), { selector: ([party]) => party });
    const blobsOf = (entries: readonly (readonly [number, Uint8Array])[]) =>
      new Map(entries.map(([party, blob]) => [party, closed(blob)]));
    let round = 0;
    await fc.assert(
      fc.asyncProperty(set, set, async (first, second) => {
        round += 1;
        await store.saveBlobs(round, blobsOf(first));
        const ordered = (entries: typeof first) => [...entries].sort(([a], [b]) => a - b).map(([p, b]) => [p, [...b]]);
        const same = JSON.stringify(ordered(first)) === JSON.stringify(ordered(second));
        if (same) await store.saveBlobs(round, blobsOf(second));
        else await refuses(store.saveBlobs(round, blobsOf(second)));
      }),
      { seed: 1, numRuns: 200 },
    );
  });
}
