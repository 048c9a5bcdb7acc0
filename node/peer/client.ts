/**
 * Asks other parties: one stream per attempt, again with growing pauses until there is an answer or the caller's
 * signal aborts. Content that arrives in parts is resumed where it broke off.
 * @module
 */
import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import type { PartyId } from '../types.ts';
import type { Clock } from './clock.ts';
import type { Directory } from './directory.ts';
import { ExchangeError } from './errors.ts';
import { createFramedStream, type FramedStream, type Traffic, untilClosed } from './frames.ts';
import { decodeResponse, encodeQuestion, type Question, type ResponseCode } from './messages.ts';
import { maxChunkBytes, type Protocol } from './protocols.ts';
import { checkSize, throwIfFinal, timedOut, unsupported } from './requests.ts';

/** What the client needs of the peer. */
export interface ClientDependencies {
  readonly node: () => Libp2p;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly traffic: Traffic;
  /** Told of every attempt that brought no answer. */
  readonly onFailedAttempt: (party: PartyId, protocol: Protocol, failure: string) => void;
}

/** First and longest pause between attempts; each is twice the one before. Milliseconds. */
const pauses = { first: 50, longest: 2_000 };
/** Unread bytes kept of a response; what does not fit resets the stream, and the next attempt resumes. */
const maxBufferBytes = 8 * 1024 * 1024;

/** What arrived so far of one answer. */
interface Download {
  readonly chunks: Uint8Array[];
  received: number;
  /** Size of the whole, once known. */
  size: number | undefined;
}

/**
 * Asks a party until it answers.
 * @param exactly - size the answer must have, if known beforehand.
 * @throws ExchangeError `REFUSED`, `MALFORMED`, `TOO_LARGE`, `UNSUPPORTED`, `UNKNOWN_PARTY` (fault `peer`) at once;
 * `TIMEOUT` (fault `network`) when the signal aborts first; the signal's reason if that is an ExchangeError itself.
 */
export async function ask(
  deps: ClientDependencies,
  party: PartyId,
  protocol: Protocol,
  question: Question,
  signal: AbortSignal,
  exactly?: number,
): Promise<Uint8Array> {
  const download: Download = { chunks: [], received: 0, size: undefined };
  let pause = pauses.first;
  let last = 'NOT_TRIED';
  for (;;) {
    if (signal.aborted) {
      if (signal.reason instanceof ExchangeError) throw signal.reason;
      throw timedOut(party, protocol.name, last, signal.reason);
    }
    const before = download.received;
    try {
      const code = await attempt(deps, party, protocol, question, download, signal, exactly);
      if (code === 'OK') return concat(download);
      throwIfFinal(code, party, protocol.name);
      last = code;
    } catch (error) {
      last = failureOf(error, party, protocol);
    }
    if (signal.aborted) continue;
    deps.onFailedAttempt(party, protocol, last);
    // A transfer that moves on is not a failing one.
    if (download.received > before) pause = pauses.first;
    await deps.clock.sleep(pause, signal).catch(() => undefined);
    pause = Math.min(pause * 2, pauses.longest);
  }
}

/** One attempt. @returns the response code; OK when the download is complete. */
async function attempt(
  deps: ClientDependencies,
  party: PartyId,
  protocol: Protocol,
  question: Question,
  download: Download,
  signal: AbortSignal,
  exactly: number | undefined,
): Promise<ResponseCode> {
  const step = (ms = protocol.timeoutMs) => AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  let connection: Connection | undefined;
  let stream: Stream | undefined;
  try {
    connection = await deps.node().dial(addressOf(deps.directory, party), { signal: step() });
    stream = await connection.newStream(protocol.id, { signal: step() });
    const frames = createFramedStream(stream, deps.traffic, maxBufferBytes);
    await sendQuestion(frames, question, download.received, step);
    await stream.close({ signal: step() });
    const header = decodeResponse(await frames.readHeader(step(protocol.waitMs + protocol.timeoutMs)));
    if (header.code === 'OK') {
      checkSize(header.size, protocol, exactly, download.size);
      download.size = header.size;
      while (download.received < header.size) {
        const chunk = await frames.readChunk(header.size - download.received, step());
        download.chunks.push(chunk);
        download.received += chunk.length;
      }
    }
    void untilClosed(stream, step());
    return header.code;
  } catch (error) {
    stream?.abort(error instanceof Error ? error : new Error('attempt failed'));
    // A connection on which nothing answers may be dead without either side knowing: the next attempt dials anew.
    if (!signal.aborted && isTimeout(error)) connection?.abort(new Error('no answer'));
    throw error;
  }
}

async function sendQuestion(frames: FramedStream, question: Question, offset: number, step: () => AbortSignal) {
  const { body } = question;
  await frames.writeHeader(encodeQuestion(question, offset), step());
  for (let start = 0; start < body.length; start += maxChunkBytes) {
    await frames.writeChunk(body.subarray(start, start + maxChunkBytes), step());
  }
}

/** Where to dial a party; its peer id is part of the address, so that nobody else can answer. */
function addressOf(directory: Directory, party: PartyId): Multiaddr {
  const entry = directory().get(party);
  if (entry === undefined) {
    throw new ExchangeError('UNKNOWN_PARTY', `Party ${party} is not registered.`, { fault: 'peer', meta: { party } });
  }
  const given = multiaddr(entry.address);
  const last = given.getComponents().at(-1);
  return last?.name === 'p2p' && last.value === entry.peerId ? given : given.encapsulate(`/p2p/${entry.peerId}`);
}

/** Sorts what an attempt threw: returns a word for what may pass, throws what will not. */
function failureOf(error: unknown, party: PartyId, protocol: Protocol): string {
  if (error instanceof ExchangeError) throw error;
  if (!(error instanceof Error)) return 'UNREACHABLE';
  if (error.name === 'UnsupportedProtocolError') {
    throw unsupported(party, protocol.name, error);
  }
  return isTimeout(error) ? 'SILENT' : 'UNREACHABLE';
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
}

function concat({ chunks, received }: Download): Uint8Array {
  const whole = new Uint8Array(received);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
