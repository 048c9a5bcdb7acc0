/**
 * A question asked again joins the work on it, and work is bounded.
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../node/peer/clock.ts';
import { createPending } from '../../node/peer/pending.ts';

/** Waits end when the test says so. */
function createWaits(): Clock & { expire(): void } {
  let waiting: (() => void)[] = [];
  return {
    now: () => 0,
    sleep: () => new Promise((resolve) => waiting.push(resolve)),
    expire() {
      for (const resolve of waiting) resolve();
      waiting = [];
    },
  };
}

function createWork() {
  const done = Promise.withResolvers<string>();
  const work = {
    calls: 0,
    done,
    owner: '1/labels',
    key: 'k',
    concurrent: 1,
    waitMs: 10,
    signal: new AbortController().signal,
  };
  return Object.assign(work, {
    run() {
      work.calls += 1;
      return done.promise;
    },
  });
}

test('an answer in time is given once; the same question later is new work', async () => {
  const pending = createPending<string>(createWaits(), 4);
  const work = createWork();
  work.done.resolve('answer');
  assert.equal(await pending.await(work), 'answer');
  assert.equal(await pending.await(work), 'answer');
  assert.equal(work.calls, 2);
});

test('late work is joined, and its answer kept until it is heard', async () => {
  const clock = createWaits();
  const pending = createPending<string>(clock, 4);
  const work = createWork();
  const first = pending.await(work);
  clock.expire();
  assert.equal(await first, undefined);
  const second = pending.await(work);
  clock.expire();
  assert.equal(await second, undefined);
  work.done.resolve('answer');
  await turn();
  assert.equal(await pending.await(work), 'answer');
  assert.equal(work.calls, 1);
});

test('a party that asks ever new questions gets no more work running', async () => {
  const clock = createWaits();
  const pending = createPending<string>(clock, 4);
  const first = createWork();
  const waiting = pending.await(first);
  const second = { ...createWork(), key: 'other' };
  assert.equal(await pending.await(second), undefined);
  assert.equal(second.calls, 0);
  const others = createWork();
  others.done.resolve('theirs');
  assert.equal(await pending.await({ ...others, owner: '2/labels' }), 'theirs');
  first.done.resolve('mine');
  assert.equal(await waiting, 'mine');
  second.done.resolve('now');
  assert.equal(await pending.await(second), 'now');
});

test('kept answers are bounded, the oldest go first', async () => {
  const clock = createWaits();
  const pending = createPending<string>(clock, 2);
  const works = ['a', 'b', 'c'].map((key) => Object.assign(createWork(), { key, concurrent: 3 }));
  const waits = works.map((work) => pending.await(work));
  clock.expire();
  assert.deepEqual(await Promise.all(waits), [undefined, undefined, undefined]);
  for (const work of works) {
    work.done.resolve(work.key);
    await turn();
  }
  for (const work of works) assert.equal(await pending.await(work), work.key);
  assert.deepEqual(
    works.map((work) => work.calls),
    [2, 1, 1],
  );
});

test('failing work fails its question and is not kept running', async () => {
  const pending = createPending<string>(createWaits(), 2);
  const work = createWork();
  work.done.reject(new Error('broken'));
  await assert.rejects(pending.await(work), /broken/);
  await turn();
  await assert.rejects(pending.await(work), /broken/);
});
