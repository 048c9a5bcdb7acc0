/**
 * Which round's model may be asked for.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AlgorithmError } from '../../node/algorithm/errors.ts';
import { ModelShelf } from '../../node/algorithm/modelShelf.ts';

const refused = (error: unknown) => error instanceof AlgorithmError && error.code === 'REFUSED';
const notReady = (error: unknown) => error instanceof AlgorithmError && error.code === 'NOT_READY';
const model = (value: number) => Float32Array.of(value);

describe('ModelShelf', () => {
  it('waits for a model that is still training', async () => {
    const shelf = new ModelShelf();
    const wanted = shelf.at(0);
    shelf.put(0, model(7));
    assert.deepEqual(await wanted, model(7));
    const next = shelf.at(1);
    shelf.put(1, model(8));
    assert.deepEqual(await next, model(8));
    assert.deepEqual(await shelf.at(0), model(7));
  });

  it('refuses rounds that are over, and puts off those that are not near', () => {
    const shelf = new ModelShelf();
    assert.throws(() => shelf.at(1), notReady);
    for (const round of [0, 1, 2]) shelf.put(round, model(round));
    assert.throws(() => shelf.at(0), refused);
    assert.throws(() => shelf.at(4), notReady);
  });

  it('waits for the model of the round that is played, however many were missed', async () => {
    const shelf = new ModelShelf();
    shelf.put(0, model(0));
    const missed = shelf.at(1);
    shelf.begin(5);
    await assert.rejects(missed, refused);
    const wanted = shelf.at(5);
    assert.throws(() => shelf.at(2), refused);
    assert.throws(() => shelf.at(6), notReady);
    shelf.put(5, model(5));
    assert.deepEqual(await wanted, model(5));
  });
});
