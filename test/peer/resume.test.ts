/**
 * Content that breaks off is resumed where it broke; a provider that lies about it is named.
 * @module
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import type { Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import { decode, encode } from 'cborg';
import fc from 'fast-check';
import { ExchangeError } from '../../node/peer/errors.ts';
import type { Peer } from '../../node/peer/peer.ts';
import { createTestClock, Neighbourhood } from './peers.ts';

const KiB = 1024;
const bytes = (length: number, first = 0) => Uint8Array.from({ length }, (_, index) => (first + index * 7) & 0xff);
const patient = () => AbortSignal.timeout(20_000);
const content = bytes(1000 * KiB, 3);

function prefixed(frame: Uint8Array): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(frame.length);
  return Buffer.concat([prefix, frame]);
}
const header = (size: number, code = 0) => prefixed(encode({ code, size }));
/** The body frames of content from an offset on. */
function body(offset: number, most = Infinity): Buffer[] {
  const frames: Buffer[] = [];
  for (let start = offset; start < content.length && frames.length < most; start += 256 * KiB) {
    frames.push(prefixed(content.subarray(start, start + 256 * KiB)));
  }
  return frames;
}

/** A provider (party 0) that answers the n-th request for a blob with the n-th act, and the offsets it was asked for. */
async function perform(acts: ((stream: Stream, offset: number) => Promise<void>)[], use: (b: Peer) => Promise<void>) {
  const neighbourhood = new Neighbourhood();
  const options = { protocols: { blob: { timeoutMs: 2_000 } } };
  const offsets: number[] = [];
  try {
    const provider = await neighbourhood.startBare(0);
    await provider.handle('/dppdl/blob/1', async (stream) => {
      const frames = lpStream(stream, {
        maxLengthLength: 4,
        lengthDecoder(prefix) {
          if (prefix.byteLength < 4) throw new RangeError('incomplete');
          return prefix.getUint32(0);
        },
      });
      const { offset } = decode((await frames.read()).subarray());
      offsets.push(offset);
      await acts.shift()?.(stream, offset);
    });
    await use(await neighbourhood.start(1, { options, deps: { clock: createTestClock() } }));
  } finally {
    await neighbourhood.end();
  }
  return offsets;
}

async function send(stream: Stream, ...parts: Uint8Array[]): Promise<void> {
  for (const part of parts) if (!stream.send(part)) await stream.onDrain();
}
/** Lets what was sent arrive before the stream is reset. */
async function breakOff(stream: Stream): Promise<void> {
  await stream.close();
  stream.abort(new Error('broken off'));
}

test('a transfer goes on where it broke off', { timeout: 30_000 }, async () => {
  const offsets = await perform(
    [
      async (stream) => {
        await send(stream, header(content.length), ...body(0, 2));
        await breakOff(stream);
      },
      async (stream) => stream.abort(new Error('nothing at all')),
      async (stream, offset) => {
        await send(stream, header(content.length), ...body(offset, 1));
        await breakOff(stream);
      },
      async (stream, offset) => {
        await send(stream, header(content.length), ...body(offset));
        await stream.close();
      },
    ],
    async (b) => assert.deepEqual(await b.blob(0, 1, patient()), content),
  );
  assert.deepEqual(offsets, [0, 512 * KiB, 512 * KiB, 768 * KiB]);
});

test('over connections that all break before the end, the whole content comes', {
  timeout: 60_000,
}, async () => {
  const large = bytes(3_000_000, 9);
  const most = 1_000_000;
  const neighbourhood = new Neighbourhood();
  let connections = 0;
  // Cuts each connection to the provider after a megabyte of what it sends.
  const proxy = createServer((from) => {
    connections++;
    const to = connect(Number(a.addresses()[0].split('/').at(-1)), '127.0.0.1');
    let sent = 0;
    to.on('data', (data) => {
      sent += data.length;
      if (sent < most) from.write(data);
      else {
        from.end();
        to.destroy();
      }
    });
    from.on('data', (data) => to.write(data));
    for (const [one, other] of [
      [from, to],
      [to, from],
    ])
      one.on('error', () => undefined).on('close', () => other.end());
  });
  const a = await neighbourhood.start(0);
  try {
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    assert.ok(typeof address === 'object' && address !== null);
    neighbourhood.directory.set(0, { peerId: a.peerId, address: `/ip4/127.0.0.1/tcp/${address.port}` });
    const b = await neighbourhood.start(1, { deps: { clock: createTestClock() } });
    const blob = async () => large;
    a.serve({ samples: blob, labels: blob, blob, maskSeed: blob, evidence: blob });
    assert.deepEqual(await b.blob(0, 1, patient()), large);
    // From its beginning each time it would never have come.
    assert.ok(connections >= 4);
  } finally {
    await neighbourhood.end();
    proxy.close();
  }
});

test('a provider that comes back at another address is found there', { timeout: 30_000 }, async () => {
  const neighbourhood = new Neighbourhood();
  try {
    const [a, b] = [await neighbourhood.start(0), await neighbourhood.start(1)];
    a.serve({
      samples: async () => content,
      labels: async () => content,
      blob: async () => content,
      maskSeed: async () => content,
      evidence: async () => content,
    });
    assert.deepEqual(await b.blob(0, 1, patient()), content);
    const [before] = a.addresses();
    await a.stop();
    const blob = b.blob(0, 2, patient());
    await a.start();
    assert.notEqual(a.addresses()[0], before);
    neighbourhood.directory.set(0, { peerId: a.peerId, address: a.addresses()[0] });
    assert.deepEqual(await blob, content);
  } finally {
    await neighbourhood.end();
  }
});

test('a provider that leaves its side open is cut off after its answer', { timeout: 30_000 }, async () => {
  const ended = Promise.withResolvers<void>();
  const act = async (stream: Stream) => {
    stream.addEventListener('close', () => ended.resolve());
    await send(stream, header(content.length), ...body(0));
  };
  await perform([act], async (b) => {
    assert.deepEqual(await b.blob(0, 1, patient()), content);
    await ended.promise;
  });
});

test('random bytes for an answer crash nothing and are never taken for content', { timeout: 60_000 }, async () => {
  const frame = fc.uint8Array({ minLength: 1, maxLength: 140 }).map(prefixed);
  const started = fc.tuple(fc.nat(300), fc.array(frame, { maxLength: 4 })).map(([size, frames]) => {
    return Buffer.concat([header(256 * KiB + size), ...frames]);
  });
  const garbage = fc.sample(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 300 }), frame, started), {
    seed: 5,
    numRuns: 120,
  });
  const acts = garbage.flatMap((answer) => [
    async (stream: Stream) => {
      await send(stream, answer);
      await stream.close();
    },
    async (stream: Stream) => {
      await send(stream, header(0, 2));
      await stream.close();
    },
  ]);
  await perform(acts, async (b) => {
    const codes = new Set<unknown>();
    while (acts.length > 0) {
      // What was refused at once leaves the second act of its pair to the next request.
      await b.blob(0, 1, patient()).then(
        () => assert.fail('taken for content'),
        (error: unknown) => codes.add(error instanceof ExchangeError ? error.code : error),
      );
    }
    assert.deepEqual([...codes].sort(), ['MALFORMED', 'REFUSED']);
  });
});

const lies: Record<string, { code: string; act: (stream: Stream, offset: number) => Promise<void> }> = {
  'more bytes than the protocol allows': { code: 'TOO_LARGE', act: (stream) => send(stream, header(65 * 1024 * KiB)) },
  'no header': { code: 'MALFORMED', act: (stream) => send(stream, prefixed(bytes(20))) },
  'a header without end': { code: 'MALFORMED', act: (stream) => send(stream, prefixed(bytes(129))) },
  'a length of 4 GB': { code: 'MALFORMED', act: (stream) => send(stream, Buffer.from('ffffffff', 'hex')) },
  'a header of 1 MB, still to come': {
    code: 'MALFORMED',
    act: (stream) => send(stream, Buffer.from('00100000', 'hex')),
  },
  'an empty frame': { code: 'MALFORMED', act: (stream) => send(stream, Buffer.alloc(4)) },
  'an unknown code': { code: 'MALFORMED', act: (stream) => send(stream, header(0, 6)) },
  'a refusal with content': { code: 'MALFORMED', act: (stream) => send(stream, header(10, 2)) },
  'a body in crumbs': { code: 'MALFORMED', act: (stream) => send(stream, header(10), prefixed(bytes(1))) },
  'a body longer than announced': { code: 'MALFORMED', act: (stream) => send(stream, header(10), prefixed(bytes(11))) },
  'a refusal': { code: 'REFUSED', act: (stream) => send(stream, header(0, 2)) },
  'that it does not understand': { code: 'UNSUPPORTED', act: (stream) => send(stream, header(0, 4)) },
};
test('a provider that answers against the protocol is named at once', { timeout: 60_000 }, async (t) => {
  for (const [what, { code, act }] of Object.entries(lies)) {
    await t.test(what, async () => {
      const offsets = await perform([act], async (b) => {
        await assert.rejects(b.blob(0, 1, patient()), { code, fault: 'peer' });
      });
      assert.deepEqual(offsets, [0]);
    });
  }
  await t.test('another size the second time', async () => {
    await perform(
      [
        async (stream) => {
          await send(stream, header(content.length), ...body(0, 1));
          await breakOff(stream);
        },
        (stream) => send(stream, header(content.length - 1)),
      ],
      (b) => assert.rejects(b.blob(0, 1, patient()), { code: 'MALFORMED', fault: 'peer' }),
    );
  });
  await t.test('another protocol', async () => {
    await perform([], (b) => assert.rejects(b.samples(0, patient()), { code: 'UNSUPPORTED', fault: 'peer' }));
  });
});
