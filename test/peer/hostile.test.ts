/**
 * A peer among strangers, floods and liars: it refuses, counts, and goes on serving the others.
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import { multiaddr } from '@multiformats/multiaddr';
import { decode, encode } from 'cborg';
import fc from 'fast-check';
import type { Libp2p } from 'libp2p';
import type { ExchangeHandlers } from '../../node/algorithm/ports.ts';
import { ExchangeError } from '../../node/peer/errors.ts';
import { createPeer, type Peer } from '../../node/peer/peer.ts';
import { knownMessages } from '../reference/messages.ts';
import { createTestClock, Neighbourhood, seedOf } from './peers.ts';

const KiB = 1024;
const bytes = (length: number, first = 0) => Uint8Array.from({ length }, (_, index) => (first + index * 7) & 0xff);
const patient = () => AbortSignal.timeout(20_000);
const handlers: ExchangeHandlers = {
  samples: async () => bytes(600 * KiB),
  labels: async (_, __, rows) => new Uint8Array(rows.length),
  blob: async () => bytes(1000),
  maskSeed: async () => bytes(32),
  evidence: async () => bytes(1000),
};
/** Length prefixes as the protocol has them. */
const framing = {
  lengthEncoder(length: number) {
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32BE(length);
    return prefix;
  },
  lengthDecoder(prefix: { readonly byteLength: number; getUint32(offset: number): number }) {
    if (prefix.byteLength < 4) throw new RangeError('incomplete');
    return prefix.getUint32(0);
  },
  maxLengthLength: 4,
};

const scene = (title: string, body: (neighbourhood: Neighbourhood) => Promise<void>) =>
  test(title, { timeout: 60_000 }, async () => {
    const neighbourhood = new Neighbourhood();
    try {
      await body(neighbourhood);
    } finally {
      await neighbourhood.end();
    }
  });

async function openStream(from: Libp2p, to: Peer, id: string): Promise<Stream> {
  return from.dialProtocol(multiaddr(`${to.addresses()[0]}/p2p/${to.peerId}`), id, { signal: patient() });
}

/** Sends one request as it is and returns the response's code, or undefined if there is none. */
async function code(from: Libp2p, to: Peer, id: string, request: Uint8Array): Promise<number | undefined> {
  try {
    const stream = await openStream(from, to, id);
    const frames = lpStream(stream, framing);
    await frames.write(request);
    await stream.close();
    return (await frames.read({ signal: patient() })).get(6);
  } catch {
    return undefined;
  }
}

scene('an uninvited fifth peer cannot connect, in either direction', async (neighbourhood) => {
  const members: Peer[] = [];
  for (const party of [0, 1, 2, 3]) members.push(await neighbourhood.start(party));
  for (const member of members) member.serve(handlers);
  assert.equal((await members[0].blob(3, 1, patient())).length, 1000);

  const stranger = await neighbourhood.startBare(4, false);
  for (const member of members) {
    await assert.rejects(openStream(stranger, member, '/dppdl/blob/1'));
    assert.equal(stranger.getConnections().length, 0);
    assert.equal(member.counters().strangers, 1);
    assert.equal(member.counters().answers.OK, member === members[3] ? 1 : 0);
  }
  // A member that is made to dial the stranger's address finds that the key there is not a member's.
  const [address] = stranger.getMultiaddrs().map((each) => String(each).replace(/\/p2p\/.*/, ''));
  neighbourhood.directory.set(1, { peerId: members[1].peerId, address });
  await members[1].stop();
  await assert.rejects(members[0].blob(1, 1, AbortSignal.timeout(300)), { code: 'TIMEOUT' });

  const fifth = createPeer(
    { seed: seedOf(4), listen: ['/ip4/127.0.0.1/tcp/0'] },
    { directory: () => neighbourhood.directory },
  );
  await fifth.start();
  await assert.rejects(fifth.blob(0, 1, AbortSignal.timeout(300)), { code: 'TIMEOUT', fault: 'network' });
  await fifth.stop();
});

scene('a party that was removed is not served on the connection it still has', async (neighbourhood) => {
  const [a, b] = [await neighbourhood.start(0), await neighbourhood.start(1)];
  a.serve(handlers);
  assert.equal((await b.blob(0, 1, patient())).length, 1000);
  const entry = neighbourhood.directory.get(1);
  neighbourhood.directory.delete(1);
  await assert.rejects(b.blob(0, 2, AbortSignal.timeout(300)), { code: 'TIMEOUT' });
  await assert.rejects(a.blob(1, 2, patient()), { code: 'UNKNOWN_PARTY', fault: 'peer' });
  assert.ok(entry);
  neighbourhood.directory.set(1, entry);
  assert.equal((await b.blob(0, 3, patient())).length, 1000);
});

scene('a flood is told so, counted, and does not touch the others', async (neighbourhood) => {
  const clock = createTestClock();
  const options = { protocols: { blob: { burst: 5 } } };
  const a = await neighbourhood.start(0, { options, deps: { clock } });
  const b = await neighbourhood.start(1);
  const flooder = await neighbourhood.startBare(2);
  a.serve(handlers);
  const request = encode({ round: 1, offset: 0 });
  const codes: (number | undefined)[] = [];
  for (let index = 0; index < 50; index++) codes.push(await code(flooder, a, '/dppdl/blob/1', request));
  assert.deepEqual(codes, [...new Array(5).fill(0), ...new Array(45).fill(3)]);
  assert.equal(a.counters().answers.RATE_LIMITED, 45);
  assert.equal((await b.blob(0, 1, patient())).length, 1000);
  clock.advance(60_000);
  assert.equal(await code(flooder, a, '/dppdl/blob/1', request), 0);

  await Promise.all(Array.from({ length: 300 }, () => code(flooder, a, '/dppdl/blob/1', request)));
  assert.equal((await b.blob(0, 1, patient())).length, 1000);
});

scene('a peer that honours the limits gets through them', async (neighbourhood) => {
  const clock = createTestClock();
  const a = await neighbourhood.start(0, { options: { protocols: { blob: { burst: 2 } } }, deps: { clock } });
  const pausing = createTestClock();
  const sleep: typeof pausing.sleep = (ms, signal) => {
    clock.advance(ms);
    return pausing.sleep(ms, signal);
  };
  const b = await neighbourhood.start(1, { deps: { clock: { ...pausing, sleep } } });
  a.serve(handlers);
  for (let round = 1; round <= 20; round++) assert.equal((await b.blob(0, round, patient())).length, 1000);
  assert.ok(a.counters().answers.RATE_LIMITED > 0);
});

scene('a slow handler is asked once, and its answer fetched when it is there', async (neighbourhood) => {
  const options = { protocols: { labels: { waitMs: 20 } } };
  const [a, b] = [await neighbourhood.start(0, { options }), await neighbourhood.start(1)];
  const done = Promise.withResolvers<Uint8Array>();
  let calls = 0;
  a.serve({
    ...handlers,
    labels() {
      calls += 1;
      return done.promise;
    },
  });
  const labels = b.labels(0, 4, Uint32Array.of(1, 2), patient());
  while (a.counters().answers.NOT_READY < 2) await new Promise((resolve) => setImmediate(resolve));
  done.resolve(bytes(2));
  assert.deepEqual(await labels, bytes(2));
  assert.equal(calls, 1);
});

scene('a stream on which nothing comes is dropped', async (neighbourhood) => {
  const a = await neighbourhood.start(0, { options: { protocols: { blob: { timeoutMs: 50 } } } });
  const silent = await neighbourhood.startBare(1);
  a.serve(handlers);
  const streams = await Promise.all([1, 2, 3, 4].map(() => openStream(silent, a, '/dppdl/blob/1')));
  for (const stream of streams) stream.send(Uint8Array.of(0));
  await Promise.all(streams.map((stream) => new Promise((resolve) => stream.addEventListener('close', resolve))));
  assert.equal(a.counters().answers.DROPPED, 4);
  assert.equal(await code(silent, a, '/dppdl/blob/1', encode({ round: 1, offset: 0 })), 0);
});

scene(
  'random bytes on any protocol: one code or a closed stream, and the next request is served',
  async (neighbourhood) => {
    const generous = { burst: 10_000, timeoutMs: 200 };
    const protocols = {
      samples: generous,
      labels: generous,
      blob: generous,
      seed: generous,
      evidence: generous,
      status: generous,
    };
    const a = await neighbourhood.start(0, { options: { protocols } });
    const b = await neighbourhood.start(1);
    const fuzzer = await neighbourhood.startBare(2);
    a.serve(handlers);
    const frame = fc
      .uint8Array({ minLength: 1, maxLength: 140 })
      .map((frame) => Buffer.concat([framing.lengthEncoder(frame.length), frame]));
    const garbage = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 600 }),
      frame,
      fc.array(frame, { maxLength: 5 }).map((all) => Buffer.concat(all)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('samples', 'labels', 'blob', 'seed', 'evidence', 'status'),
        garbage,
        async (name, sent) => {
          const stream = await openStream(fuzzer, a, `/dppdl/${name}/1`);
          const closed = new Promise((resolve) => stream.addEventListener('close', resolve));
          let received = 0;
          stream.addEventListener('message', ({ data }) => {
            received += data.byteLength;
          });
          try {
            if (sent.length > 0) stream.send(sent);
            await stream.close();
          } catch {
            // The peer may have reset the stream by now.
          }
          await closed;
          assert.ok(received < 40 || name === 'samples');
        },
      ),
      { seed: 11, numRuns: 150 },
    );
    assert.equal((await b.blob(0, 1, patient())).length, 1000);
    assert.equal(a.counters().answers.FAILED, 0);
  },
);

scene('a body that was announced and never ends, or in crumbs, is cut off', async (neighbourhood) => {
  const a = await neighbourhood.start(0, { options: { protocols: { labels: { timeoutMs: 100, concurrent: 8 } } } });
  const liar = await neighbourhood.startBare(1);
  a.serve(handlers);
  const send = async (header: object, ...frames: Uint8Array[]) => {
    const stream = await openStream(liar, a, '/dppdl/labels/1');
    const framed = lpStream(stream, framing);
    await framed.write(encode(header));
    for (const frame of frames) await framed.write(frame);
    return framed
      .read({ signal: patient() })
      .then((answer) => answer.get(6))
      .catch(() => 'closed');
  };
  assert.equal(await send({ size: 8 * 1024 * KiB, round: 1 }), 4);
  assert.equal(await send({ size: 1024, round: 1 }, bytes(4), bytes(1020)), 4);
  assert.equal(await send({ size: 1024, round: 1 }, bytes(2048)), 4);
  assert.equal(await send({ size: 1024, round: 1 }), 'closed');
});

scene('a request followed by megabytes nobody asked for is cut off, not kept', async (neighbourhood) => {
  const a = await neighbourhood.start(0, { options: { protocols: { blob: { waitMs: 60_000 } } } });
  const flooder = await neighbourhood.startBare(1);
  a.serve({ ...handlers, blob: () => new Promise(() => {}) });
  const stream = await openStream(flooder, a, '/dppdl/blob/1');
  const closed = new Promise((resolve) => stream.addEventListener('close', resolve));
  await lpStream(stream, framing).write(encode({ round: 1, offset: 0 }));
  stream.send(bytes(8 * 1024 * KiB));
  await closed;
  assert.equal(stream.status, 'reset');
});

scene('who does not read is waited for and then dropped, not written to', async (neighbourhood) => {
  const a = await neighbourhood.start(0, { options: { protocols: { blob: { timeoutMs: 300 } } } });
  const b = await neighbourhood.start(1);
  const lazy = await neighbourhood.startBare(2);
  a.serve({ ...handlers, blob: async (requester) => bytes(requester === 2 ? 16 * 1024 * KiB : 1000) });
  const stream = await openStream(lazy, a, '/dppdl/blob/1');
  const closed = new Promise((resolve) => stream.addEventListener('close', resolve));
  stream.pause();
  const request = encode({ round: 1, offset: 0 });
  stream.send(Buffer.concat([framing.lengthEncoder(request.length), request]));
  assert.equal((await b.blob(0, 1, patient())).length, 1000);
  await closed;
  assert.ok(a.traffic().sent < 2 * 1024 * KiB, `${a.traffic().sent} bytes`);
  assert.equal(a.counters().answers.DROPPED, 1);
});

scene('whole exchanges are the known bytes, in both directions', async (neighbourhood) => {
  const a = await neighbourhood.start(0);
  const other = await neighbourhood.startBare(1);
  const known = knownMessages();
  const refused = () => {
    throw new ExchangeError('REFUSED', 'No.', { fault: 'peer' });
  };
  for (const { protocol, request, answer, response } of [...known.exchanges, { ...known.refused, answer: '' }]) {
    const give = async () => Uint8Array.from(Buffer.from(answer, 'hex'));
    a.serve({ samples: give, labels: give, blob: give, evidence: give, maskSeed: async () => refused() });
    const stream = await openStream(other, a, `/dppdl/${protocol}/1`);
    const received: Uint8Array[] = [];
    const closed = new Promise((resolve) => stream.addEventListener('remoteCloseWrite', resolve));
    stream.addEventListener('message', ({ data }) => received.push(data.subarray()));
    stream.send(Buffer.from(request, 'hex'));
    await stream.close();
    await closed;
    assert.equal(Buffer.concat(received).toString('hex'), response);
  }
  // What the product asks for is the same.
  const asked = Promise.withResolvers<string>();
  await other.handle('/dppdl/labels/1', async (stream) => {
    const received: Uint8Array[] = [];
    const [, , labels] = known.exchanges;
    stream.addEventListener('message', ({ data }) => received.push(data.subarray()));
    stream.addEventListener('remoteCloseWrite', () => {
      asked.resolve(Buffer.concat(received).toString('hex'));
      stream.send(Buffer.from(labels.response, 'hex'));
      void stream.close();
    });
  });
  assert.deepEqual(await a.labels(1, 7, Uint32Array.of(1, 0x01020304), patient()), Uint8Array.of(1, 2));
  assert.equal(await asked.promise, known.exchanges[2].request);
});

scene('an answer starts at the byte that was asked for, and none starts beyond its end', async (neighbourhood) => {
  const a = await neighbourhood.start(0);
  const other = await neighbourhood.startBare(1);
  a.serve(handlers);
  const content = bytes(600 * KiB);
  for (const offset of [0, 1, 300 * KiB, content.length - 1, content.length, content.length + 1]) {
    const stream = await openStream(other, a, '/dppdl/samples/1');
    const frames = lpStream(stream, framing);
    await frames.write(encode({ offset }));
    await stream.close();
    const isBeyond = offset > content.length;
    const answer = await frames.read({ signal: patient() });
    assert.deepEqual(decode(answer.subarray()), { code: isBeyond ? 4 : 0, size: isBeyond ? 0 : content.length });
    const body: Uint8Array[] = [];
    for (let left = isBeyond ? 0 : content.length - offset; left > 0; left -= body[body.length - 1].length) {
      body.push((await frames.read({ signal: patient() })).subarray());
    }
    assert.deepEqual(new Uint8Array(Buffer.concat(body)), content.slice(offset));
  }
});

scene('connections of one party are bounded, and the newest ones live', async (neighbourhood) => {
  const a = await neighbourhood.start(0);
  const greedy = await neighbourhood.startBare(1);
  a.serve(handlers);
  const address = multiaddr(`${a.addresses()[0]}/p2p/${a.peerId}`);
  for (let index = 0; index < 12; index++) {
    await greedy.dial(address, { force: true, signal: patient() });
  }
  while (greedy.getConnections().length > 5) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await code(greedy, a, '/dppdl/blob/1', encode({ round: 1, offset: 0 })), 0);
});

scene('a port in use, a foreign address and no address are told apart', async (neighbourhood) => {
  const a = await neighbourhood.start(0);
  const refused = async (listen: string) => {
    const peer = createPeer({ seed: seedOf(1), listen: [listen] }, { directory: () => neighbourhood.directory });
    return assert.rejects(peer.start(), (error) => {
      assert.ok(error instanceof Error && 'code' in error && 'fault' in error);
      assert.equal(error.fault, 'self');
      assert.equal(error.code, listen === a.addresses()[0] ? 'ADDRESS_IN_USE' : 'ADDRESS_INVALID');
      return true;
    });
  };
  await refused(a.addresses()[0]);
  await refused('/ip4/203.0.113.9/tcp/0');
  await refused('localhost:4001');
});

scene('a stopped peer says so, ends what runs, and starts again', async (neighbourhood) => {
  const [a, b] = [await neighbourhood.start(0), await neighbourhood.start(1)];
  const pending = b.blob(0, 1, patient());
  await Promise.all([assert.rejects(pending, { code: 'STOPPED', fault: 'self' }), b.stop()]);
  await assert.rejects(b.blob(0, 1, patient()), { code: 'STOPPED' });
  assert.deepEqual(b.addresses(), []);
  a.serve(handlers);
  await b.start();
  assert.equal((await b.blob(0, 1, patient())).length, 1000);
});
