/**
 * What every adapter of the `Exchange` port must do.
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange, ExchangeHandlers } from '../../node/algorithm/ports.ts';
import { DppdlError } from '../../node/errors.ts';

/** Parties 0, 1 and 2 over an adapter under test. */
export interface ExchangeCase {
  readonly exchanges: readonly Exchange[];
  /** Takes a party off the net. */
  silence(party: number): Promise<void>;
  end(): Promise<void>;
}

const KiB = 1024;
const bytes = (length: number, first = 0) => Uint8Array.from({ length }, (_, index) => (first + index * 7) & 0xff);
const patient = () => AbortSignal.timeout(20_000);

/** Handlers that fail a test when they are called, but for those given. */
function handlers(given: Partial<ExchangeHandlers>): ExchangeHandlers {
  const never = async (): Promise<Uint8Array> => assert.fail('not asked for');
  return { samples: never, labels: never, blob: never, maskSeed: never, evidence: never, ...given };
}

/** Runs the suite on an adapter. */
export function testExchange(name: string, create: () => Promise<ExchangeCase>): void {
  const check = (title: string, body: (parties: readonly Exchange[], world: ExchangeCase) => Promise<void>) =>
    test(`${name}: ${title}`, { timeout: 30_000 }, async () => {
      const world = await create();
      try {
        await body(world.exchanges, world);
      } finally {
        await world.end();
      }
    });

  check('each request reaches its handler with who asked and what for', async ([a, b, c]) => {
    const asked: unknown[] = [];
    const note = (answer: Uint8Array, ...what: unknown[]) => {
      asked.push(what);
      return answer;
    };
    a.serve(
      handlers({
        samples: async (requester) => note(bytes(10), 'samples', requester),
        labels: async (requester, round, indices) => note(bytes(3), 'labels', requester, round, indices),
        blob: async (requester, round) => note(bytes(20), 'blob', requester, round),
        maskSeed: async (requester, round, missing) => note(bytes(32), 'seed', requester, round, missing),
        evidence: async (asking, place) => note(bytes(40), 'evidence', asking, place),
      }),
    );
    const rows = Uint32Array.of(0, 5, 4_294_967_295);
    assert.deepEqual(await b.samples(0, patient()), bytes(10));
    assert.deepEqual(await c.labels(0, 2, rows, patient()), bytes(3));
    assert.deepEqual(await b.blob(0, 4_294_967_295, patient()), bytes(20));
    assert.deepEqual(await c.maskSeed(0, 3, 1, patient()), bytes(32));
    const place = { round: 5, provider: 3, requester: 255 };
    assert.deepEqual(await b.evidence(0, place, patient()), bytes(40));
    assert.deepEqual(asked, [
      ['samples', 1],
      ['labels', 2, 2, rows],
      ['blob', 1, 4_294_967_295],
      ['seed', 2, 3, 1],
      ['evidence', 1, place],
    ]);
  });

  check('content of any size arrives whole', async ([a, b]) => {
    for (const size of [0, 1, 256 * KiB - 1, 256 * KiB, 256 * KiB + 1, 3_000_000]) {
      a.serve(handlers({ samples: async () => bytes(size, size), blob: async () => bytes(size) }));
      assert.deepEqual(await b.samples(0, patient()), bytes(size, size));
      assert.deepEqual(await b.blob(0, size, patient()), bytes(size));
    }
  });

  check('evidence is told apart by all of its place', async ([a, b]) => {
    a.serve(
      handlers({ evidence: async (_, { round, provider, requester }) => bytes(4, round + provider + requester) }),
    );
    const place = { round: 1, provider: 2, requester: 3 };
    const places = [place, { ...place, round: 9 }, { ...place, provider: 8 }, { ...place, requester: 7 }];
    await Promise.all(
      places.map(async (each) => {
        const expected = bytes(4, each.round + each.provider + each.requester);
        assert.deepEqual(await b.evidence(0, each, patient()), expected);
      }),
    );
  });

  check('labels of no rows and of many rows', async ([a, b]) => {
    a.serve(handlers({ labels: async (_, __, rows) => Uint8Array.from(rows, (row) => row % 10) }));
    assert.deepEqual(await b.labels(0, 0, new Uint32Array(0), patient()), new Uint8Array(0));
    const rows = Uint32Array.from({ length: 300_000 }, (_, index) => index * 3);
    assert.deepEqual(
      await b.labels(0, 0, rows, patient()),
      Uint8Array.from(rows, (row) => row % 10),
    );
  });

  check('what arrives is the requester’s own', async ([a, b]) => {
    const blob = bytes(100);
    a.serve(handlers({ blob: async () => blob }));
    (await b.blob(0, 1, patient())).fill(0);
    assert.deepEqual(blob, bytes(100));
  });

  check('many parties and requests at once', async ([a, b, c]) => {
    a.serve(handlers({ blob: async (requester, round) => bytes(100_000, requester * 16 + round) }));
    b.serve(handlers({ blob: async (requester, round) => bytes(100_000, requester * 16 + round + 1) }));
    await Promise.all(
      [1, 2, 3, 4, 5, 6].flatMap((round) => [
        b.blob(0, round, patient()).then((blob) => assert.deepEqual(blob, bytes(100_000, 16 + round))),
        c.blob(0, round, patient()).then((blob) => assert.deepEqual(blob, bytes(100_000, 32 + round))),
        c.blob(1, round, patient()).then((blob) => assert.deepEqual(blob, bytes(100_000, 33 + round))),
        a.blob(1, round, patient()).then((blob) => assert.deepEqual(blob, bytes(100_000, round + 1))),
      ]),
    );
  });

  check('a refusal is final and the other’s fault', async ([a, b]) => {
    for (const refusal of [
      new DppdlError('NOT_YOURS', 'secret words', { fault: 'peer' }),
      new DppdlError('REFUSED', 'secret words', { fault: 'self' }),
    ]) {
      let calls = 0;
      a.serve(
        handlers({
          async maskSeed() {
            calls += 1;
            throw refusal;
          },
        }),
      );
      const error = await b.maskSeed(0, 1, 2, patient()).catch((reason: unknown) => reason);
      assert.ok(error instanceof DppdlError);
      assert.equal(error.code, 'REFUSED');
      assert.equal(error.fault, 'peer');
      assert.equal(JSON.stringify([error.message, error.meta]).includes('secret'), false);
      assert.equal(calls, 1);
    }
  });

  check('not ready and failing parties are asked again', async ([a, b]) => {
    const outcomes: unknown[] = [
      new DppdlError('NOT_READY', 'later', { fault: 'self' }),
      new Error('a fault of my own'),
      new DppdlError('FAILED', 'my disk', { fault: 'self' }),
    ];
    a.serve(
      handlers({
        async blob() {
          const outcome = outcomes.shift();
          if (outcome !== undefined) throw outcome;
          return bytes(5);
        },
      }),
    );
    assert.deepEqual(await b.blob(0, 1, patient()), bytes(5));
  });

  check('a party that does not serve yet is waited for', async ([a, b]) => {
    const blob = b.blob(0, 1, patient());
    setImmediate(() => a.serve(handlers({ blob: async () => bytes(9) })));
    assert.deepEqual(await blob, bytes(9));
  });

  check('an answer of the wrong size is the other’s fault', async ([a, b]) => {
    a.serve(handlers({ labels: async () => bytes(4), maskSeed: async () => bytes(31) }));
    await assert.rejects(b.labels(0, 1, Uint32Array.of(1, 2, 3), patient()), { code: 'MALFORMED', fault: 'peer' });
    await assert.rejects(b.maskSeed(0, 1, 2, patient()), { code: 'MALFORMED', fault: 'peer' });
  });

  check('more rows than the protocol allows are not understood', async ([a, b]) => {
    a.serve(handlers({}));
    const rows = new Uint32Array(KiB * KiB + 1);
    await assert.rejects(b.labels(0, 1, rows, patient()), { code: 'UNSUPPORTED', fault: 'peer' });
  });

  check('waiting ends with the signal, as the network’s fault', async ([a, b]) => {
    const stop = new AbortController();
    let calls = 0;
    a.serve(
      handlers({
        async blob() {
          calls += 1;
          if (calls === 3) stop.abort();
          throw new DppdlError('NOT_READY', 'later', { fault: 'self' });
        },
      }),
    );
    await assert.rejects(b.blob(0, 1, stop.signal), { code: 'TIMEOUT', fault: 'network' });
    await assert.rejects(b.blob(0, 1, AbortSignal.abort()), { code: 'TIMEOUT', fault: 'network' });
    assert.equal(calls, 3);
  });

  check('a silent party is the network’s fault', async ([, b], world) => {
    await world.silence(0);
    await assert.rejects(b.samples(0, AbortSignal.timeout(300)), { code: 'TIMEOUT', fault: 'network' });
  });

  check('traffic counts the same bytes on both sides', async ([a, b, c]) => {
    a.serve(handlers({ blob: async () => bytes(1000), labels: async () => bytes(2) }));
    await b.blob(0, 1, patient());
    // {round: 1, offset: 0} takes 16 bytes, {code: 0, size: 1000} 15, and each frame 4 more.
    assert.deepEqual(b.traffic(), { sent: 20, received: 19 + 1004 });
    assert.deepEqual(a.traffic(), { sent: 19 + 1004, received: 20 });
    await c.labels(0, 1, Uint32Array.of(1, 2), patient());
    // {size: 8, round: 1} takes 14 bytes and its body 8, {code: 0, size: 2} 13 and its body 2.
    assert.deepEqual(c.traffic(), { sent: 18 + 12, received: 17 + 6 });
    assert.deepEqual(a.traffic(), { sent: 19 + 1004 + 17 + 6, received: 20 + 18 + 12 });
  });
}
