/**
 * Messages have one encoding each, and every decoder refuses everything else with one code.
 * @module
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { encode } from 'cborg';
import fc from 'fast-check';
import { ExchangeError } from '../../node/peer/errors.ts';
import {
  decodeIndices,
  decodeQuestion,
  decodeResponse,
  decodeStatus,
  encodeIndices,
  encodeQuestion,
  encodeResponse,
  encodeStatus,
  type Question,
} from '../../node/peer/messages.ts';
import { maxHeaderBytes, type ProtocolName } from '../../node/peer/protocols.ts';
import { knownMessages } from '../reference/messages.ts';

/** Its shape is what the reference writes, which the first test compares. */
const known = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'vectors', 'messages.json'), 'utf8'),
) as ReturnType<typeof knownMessages>;
const seed = 7;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const body = new Uint8Array(0);
const uint32 = fc.nat(0xffff_ffff);
const size = fc.maxSafeNat().map((value) => value % (2 ** 40 + 1));
const names: readonly ProtocolName[] = ['samples', 'labels', 'blob', 'seed', 'evidence', 'status'];

const questions: fc.Arbitrary<Question> = fc.oneof(
  size.map((offset): Question => ({ name: 'samples', header: { offset }, body })),
  fc.tuple(uint32, fc.nat(2 ** 30)).map(([round, rows]): Question => {
    return { name: 'labels', header: { round, size: rows * 4 }, body };
  }),
  fc.tuple(uint32, size).map(([round, offset]): Question => ({ name: 'blob', header: { round, offset }, body })),
  fc.tuple(uint32, fc.nat(0xffff)).map(([round, missing]): Question => {
    return { name: 'seed', header: { round, missing }, body };
  }),
  fc.tuple(uint32, size, fc.nat(0xffff), fc.nat(0xffff)).map(([round, offset, provider, requester]): Question => {
    return { name: 'evidence', header: { round, offset, provider, requester }, body };
  }),
  fc.constant<Question>({ name: 'status', header: {}, body }),
);

/** All decoders of headers, by name. */
const decoders: readonly (readonly [string, (bytes: Uint8Array) => unknown])[] = [
  ...names.map((name) => [name, (bytes: Uint8Array) => decodeQuestion(name, bytes)] as const),
  ['response', decodeResponse],
  ['answered status', decodeStatus],
];

function isRefused(decoder: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    decoder(bytes);
    return false;
  } catch (error) {
    assert.ok(error instanceof ExchangeError);
    assert.equal(error.code, 'MALFORMED');
    assert.equal(error.fault, 'peer');
    return true;
  }
}

test('the bytes of each message are known', () => {
  assert.deepEqual(known, JSON.parse(JSON.stringify(knownMessages())), 'the file is what the reference computes');
  for (const { protocol, header, bytes } of known.questions) {
    // The schema of each header says whether it fits its protocol.
    const question = decodeQuestion(protocol, Buffer.from(bytes, 'hex'));
    assert.deepEqual([question.name, question.header], [protocol, header]);
    assert.equal(hex(encodeQuestion(question, 'offset' in header ? header.offset : 0)), bytes);
  }
  for (const { name, size, bytes } of known.responses) {
    assert.equal(hex(encodeResponse({ code: name, size })), bytes);
    assert.deepEqual(decodeResponse(Buffer.from(bytes, 'hex')), { code: name, size });
  }
  const { bytes, ...status } = known.status;
  assert.equal(hex(encodeStatus(status)), bytes);
  assert.equal(hex(encodeIndices(Uint32Array.from(known.rows.rows))), known.rows.bytes);
});

test('every question comes back, in a header that fits', () => {
  fc.assert(
    fc.property(questions, (question) => {
      const offset = 'offset' in question.header ? question.header.offset : 0;
      const bytes = encodeQuestion(question, offset);
      assert.ok(bytes.length <= maxHeaderBytes);
      assert.deepEqual(decodeQuestion(question.name, bytes), question);
    }),
    { seed },
  );
});

test('responses, states and row numbers come back', () => {
  fc.assert(
    fc.property(size, fc.nat(0xffff), uint32, fc.boolean(), fc.uint32Array(), (bytes, party, round, serving, rows) => {
      const header = { code: 'OK', size: bytes } as const;
      assert.deepEqual(decodeResponse(encodeResponse(header)), header);
      const status = { party, round, serving, version: 1 };
      assert.deepEqual(decodeStatus(encodeStatus(status)), status);
      assert.deepEqual(decodeIndices(encodeIndices(rows)), rows);
    }),
    { seed },
  );
});

test('a changed, cut or longer message is never taken for the same', () => {
  fc.assert(
    fc.property(questions, fc.nat(), fc.integer({ min: 1, max: 255 }), (question, position, change) => {
      const bytes = encodeQuestion(question, 5);
      const flipped = bytes.with(position % bytes.length, bytes[position % bytes.length] ^ change);
      const original = decodeQuestion(question.name, bytes);
      for (const other of [flipped, bytes.subarray(0, position % bytes.length), Buffer.concat([bytes, bytes])]) {
        const decoder = (given: Uint8Array) => decodeQuestion(question.name, given);
        if (!isRefused(decoder, other)) assert.notDeepEqual(decoder(other), original);
      }
    }),
    { seed, numRuns: 2_000 },
  );
});

test('random bytes crash no decoder', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const [, decoder] of decoders) {
        if (!isRefused(decoder, bytes)) assert.ok(bytes.length <= maxHeaderBytes);
      }
      assert.equal(isRefused(decodeIndices, bytes), bytes.length % 4 !== 0);
    }),
    { seed, numRuns: 3_000 },
  );
});

test('any CBOR of another shape is refused', () => {
  const key = fc.constantFrom(
    'round',
    'offset',
    'size',
    'missing',
    'provider',
    'requester',
    'code',
    'party',
    'version',
    '__proto__',
    'other',
  );
  const value = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double(), fc.boolean(), fc.string(), fc.constant(null));
  fc.assert(
    fc.property(fc.oneof(fc.dictionary(key, value), fc.anything({ withNullPrototype: false })), (given) => {
      let bytes: Uint8Array;
      try {
        bytes = encode(given);
      } catch {
        return;
      }
      for (const name of names) {
        if (!isRefused((item) => decodeQuestion(name, item), bytes)) {
          assert.equal(hex(encode(decodeQuestion(name, bytes).header)), hex(bytes));
        }
      }
    }),
    { seed, numRuns: 2_000 },
  );
});

test('hostile encodings are refused', () => {
  const cases: Record<string, string> = {
    'an unknown key': 'a2666f66667365740061780',
    'a key twice': 'a2666f666673657400666f666673657400',
    'a number in more bytes than it needs': 'a1666f66667365741800',
    'a float where an integer belongs': 'a1666f6666736574f90000',
    'keys in another order': 'a2666f66667365740065726f756e6401',
    'an indefinite map': 'bf666f666673657400ff',
    'a tag': 'c1a1666f666673657400',
    undefined: 'a1666f6666736574f7',
    'a negative number': 'a1666f666673657420',
    'a number beyond 2^53': 'a1666f66667365741bffffffffffffffff',
    'an array of 2^32 entries': '9affffffff',
    'a map of 2^53 entries': 'bb001fffffffffffff',
    'a string of 4 GB': '7affffffff41',
    'arrays within arrays': '81'.repeat(120),
    'a header too long': `a1666f66667365745876${'00'.repeat(118)}`,
    nothing: '',
  };
  for (const [what, text] of Object.entries(cases)) {
    for (const [name, decoder] of decoders) assert.ok(isRefused(decoder, Buffer.from(text, 'hex')), `${name}: ${what}`);
  }
});

test('a failure that offers content, an unknown code, half a row number', () => {
  assert.ok(isRefused(decodeResponse, encode({ code: 2, size: 5 })));
  assert.ok(isRefused(decodeResponse, encode({ code: 6, size: 0 })));
  assert.ok(isRefused(decodeResponse, encode({ code: 0, size: 2 ** 41 })));
  assert.ok(isRefused(decodeIndices, new Uint8Array(6)));
  assert.ok(isRefused((bytes) => decodeQuestion('labels', bytes), encode({ round: 1, size: 6 })));
});
