/**
 * The messages between parties a second time, with an encoder of its own, to hold the product against. Shares no code
 * with it. Run as a program it writes the known answers: `node test/reference/messages.ts`.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

/** `value` in `length` bytes, big-endian. */
function bigEndian(value: number, length: number): Uint8Array {
  return hexToBytes(value.toString(16).padStart(2 * length, '0'));
}

/** RFC 8949 §3: the head of an item, as short as can be. */
function head(major: number, value: number): Uint8Array {
  const first = (low: number) => Uint8Array.of((major << 5) | low);
  if (value < 24) return first(value);
  if (value < 2 ** 8) return concatBytes(first(24), bigEndian(value, 1));
  if (value < 2 ** 16) return concatBytes(first(25), bigEndian(value, 2));
  if (value < 2 ** 32) return concatBytes(first(26), bigEndian(value, 4));
  return concatBytes(first(27), bigEndian(value, 8));
}

/** A map from text to unsigned integers and booleans, its keys by length and then bytewise (RFC 8949 §4.2.3). */
export function headerOf(entries: Readonly<Record<string, number | boolean>>): Uint8Array {
  const keys = Object.keys(entries).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const item = (value: number | boolean) =>
    typeof value === 'boolean' ? Uint8Array.of(value ? 0xf5 : 0xf4) : head(0, value);
  return concatBytes(
    head(5, keys.length),
    ...keys.flatMap((key) => [head(3, key.length), utf8ToBytes(key), item(entries[key])]),
  );
}

const frame = (bytes: Uint8Array) => concatBytes(bigEndian(bytes.length, 4), bytes);

/** A header and the body in frames of 262,144 bytes, the last one shorter. */
export function messageOf(header: Readonly<Record<string, number | boolean>>, body: Uint8Array): Uint8Array {
  const frames: Uint8Array[] = [];
  for (let start = 0; start < body.length; start += 262_144) frames.push(frame(body.subarray(start, start + 262_144)));
  return concatBytes(frame(headerOf(header)), ...frames);
}

/** Computes all known answers. */
export function knownMessages() {
  const questions = [
    { protocol: 'samples', header: { offset: 300 } },
    { protocol: 'labels', header: { round: 7, size: 8 } },
    { protocol: 'blob', header: { round: 7, offset: 0 } },
    { protocol: 'blob', header: { round: 2 ** 32 - 1, offset: 2 ** 40 } },
    { protocol: 'seed', header: { round: 7, missing: 3 } },
    { protocol: 'evidence', header: { round: 7, offset: 0, provider: 3, requester: 1 } },
    { protocol: 'status', header: {} },
  ] as const;
  const responses = [
    { name: 'OK', code: 0, size: 1 },
    { name: 'OK', code: 0, size: 122_709 },
    { name: 'NOT_READY', code: 1, size: 0 },
    { name: 'REFUSED', code: 2, size: 0 },
    { name: 'RATE_LIMITED', code: 3, size: 0 },
    { name: 'MALFORMED', code: 4, size: 0 },
    { name: 'FAILED', code: 5, size: 0 },
  ] as const;
  const status = { party: 2, round: 9, serving: true, version: 1 };
  const content = Uint8Array.of(1, 2, 3, 4, 5);
  const none = new Uint8Array(0);
  const rows = hexToBytes('0100000004030201');
  const exchanges = [
    { protocol: 'blob', header: { round: 7, offset: 0 }, body: none, answer: content, offset: 0 },
    { protocol: 'blob', header: { round: 7, offset: 3 }, body: none, answer: content, offset: 3 },
    { protocol: 'labels', header: { round: 7, size: 8 }, body: rows, answer: content.subarray(0, 2), offset: 0 },
  ] as const;
  return {
    source: 'test/reference/messages.ts',
    questions: questions.map((question) => ({ ...question, bytes: bytesToHex(headerOf(question.header)) })),
    responses: responses.map(({ name, code, size }) => ({ name, size, bytes: bytesToHex(headerOf({ code, size })) })),
    status: { ...status, bytes: bytesToHex(headerOf(status)) },
    rows: { rows: [1, 0x01020304], bytes: bytesToHex(rows) },
    exchanges: exchanges.map(({ protocol, header, body, answer, offset }) => ({
      protocol,
      request: bytesToHex(messageOf(header, body)),
      answer: bytesToHex(answer),
      response: bytesToHex(messageOf({ code: 0, size: answer.length }, answer.subarray(offset))),
    })),
    refused: {
      protocol: 'seed',
      request: bytesToHex(messageOf({ round: 7, missing: 3 }, none)),
      response: bytesToHex(messageOf({ code: 2, size: 0 }, none)),
    },
  };
}

if (import.meta.main) {
  const target = join(import.meta.dirname, '..', 'vectors', 'messages.json');
  writeFileSync(target, `${JSON.stringify(knownMessages(), undefined, 1)}\n`);
}
