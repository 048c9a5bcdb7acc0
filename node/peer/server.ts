/**
 * Answers the requests of other parties, one stream each.
 * @module
 */
import { createHash } from 'node:crypto';
import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import type { ExchangeHandlers } from '../algorithm/ports.ts';
import type { PartyId } from '../types.ts';
import { type Answer, askHandlers } from './answer.ts';
import type { Clock } from './clock.ts';
import { type Directory, partyOf } from './directory.ts';
import { ExchangeError } from './errors.ts';
import { createFramedStream, type FramedStream, type Traffic, untilClosed } from './frames.ts';
import { createLimits } from './limits.ts';
import { decodeQuestion, encodeResponse, type Question, type ResponseCode } from './messages.ts';
import { createPending } from './pending.ts';
import { maxChunkBytes, maxHeaderBytes, type Protocol } from './protocols.ts';

/** What the server needs of the peer. */
export interface ServerDependencies {
  readonly directory: Directory;
  readonly clock: Clock;
  readonly traffic: Traffic;
  readonly protocols: readonly Protocol[];
  readonly handlers: () => ExchangeHandlers | undefined;
  /** The round this party is in, for the status protocol. */
  readonly round: () => number;
  /** Told of every request once it is answered or dropped. */
  readonly onAnswered: (party: PartyId | undefined, protocol: Protocol, code: ResponseCode | 'DROPPED') => void;
}

/** Answers finished too late that are kept until their requester comes back. */
const keptAnswers = 64;

/** Registers all protocols on a libp2p node. `signal` ends what is running when the peer stops. */
export async function serveProtocols(node: Libp2p, deps: ServerDependencies, signal: AbortSignal): Promise<void> {
  const limits = createLimits(deps.clock);
  const pending = createPending<Answer>(deps.clock, keptAnswers);

  async function serveStream(protocol: Protocol, stream: Stream, connection: Connection): Promise<void> {
    const party = partyOf(deps.directory, connection.remotePeer);
    if (party === undefined) {
      deps.onAnswered(undefined, protocol, 'DROPPED');
      connection.abort(new Error('not a registered party'));
      return;
    }
    const leave = limits.enter(party, protocol);
    try {
      const step = () => AbortSignal.any([signal, AbortSignal.timeout(protocol.timeoutMs)]);
      const code = await answer(protocol, party, stream, leave !== undefined, step);
      deps.onAnswered(party, protocol, code);
      await stream.close({ signal: step() });
      await untilClosed(stream, step());
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error('stream failed'));
    } finally {
      leave?.();
    }
  }

  /** Reads the question of a stream and writes its answer. */
  async function answer(
    protocol: Protocol,
    party: PartyId,
    stream: Stream,
    isAdmitted: boolean,
    step: () => AbortSignal,
  ): Promise<ResponseCode> {
    try {
      const frames = createFramedStream(stream, deps.traffic, maxBufferBytes(protocol));
      const found = isAdmitted
        ? await findAnswer(protocol, party, frames, step)
        : { answer: { code: 'RATE_LIMITED' } as const, offset: 0 };
      await sendAnswer(frames, found.answer, found.offset, step);
      return found.answer.code;
    } catch (error) {
      deps.onAnswered(party, protocol, 'DROPPED');
      throw error;
    }
  }

  async function findAnswer(protocol: Protocol, party: PartyId, frames: FramedStream, step: () => AbortSignal) {
    let question: Question;
    try {
      question = await readQuestion(protocol, frames, step);
    } catch (error) {
      if (error instanceof ExchangeError) return { answer: { code: 'MALFORMED' } as const, offset: 0 };
      throw error;
    }
    const offset = 'offset' in question.header ? question.header.offset : 0;
    const source = { handlers: deps.handlers(), round: deps.round() };
    const answer = await pending.await({
      owner: `${party}/${protocol.name}`,
      key: keyOf(question),
      concurrent: protocol.concurrent,
      waitMs: protocol.waitMs,
      signal,
      run: () => askHandlers(source, party, question),
    });
    if (answer === undefined) return { answer: { code: 'NOT_READY' } as const, offset: 0 };
    if (answer.code === 'OK' && offset > answer.content.length) {
      return { answer: { code: 'MALFORMED' } as const, offset: 0 };
    }
    return { answer, offset };
  }

  for (const protocol of deps.protocols) {
    await node.handle(protocol.id, (stream, connection) => serveStream(protocol, stream, connection), {
      // More than are served, so that a request over the limit is told so instead of being cut off.
      maxInboundStreams: protocol.concurrent * 2,
    });
  }
}

/** Unread bytes kept of a request: never more than one whole request. */
function maxBufferBytes(protocol: Protocol): number {
  return protocol.maxRequestBytes + maxHeaderBytes + 1024;
}

/** The same question has the same key, whatever offset its answer is wanted from. */
function keyOf({ header, body }: Question): string {
  const round = 'round' in header ? header.round : 0;
  const missing = 'missing' in header ? header.missing : 0;
  const place = 'provider' in header ? `${header.provider}/${header.requester}` : '';
  return `${round}/${missing}/${place}/${createHash('sha256').update(body).digest('base64')}`;
}

async function readQuestion(protocol: Protocol, frames: FramedStream, step: () => AbortSignal): Promise<Question> {
  const question = decodeQuestion(protocol.name, await frames.readHeader(step()));
  if (question.name !== 'labels') return question;
  const { size } = question.header;
  if (size > protocol.maxRequestBytes) {
    throw new ExchangeError('TOO_LARGE', 'A request of the other side is too large.', { fault: 'peer' });
  }
  const chunks: Uint8Array[] = [];
  for (let missing = size; missing > 0; ) {
    const chunk = await frames.readChunk(missing, step());
    chunks.push(chunk);
    missing -= chunk.length;
  }
  return { ...question, body: Buffer.concat(chunks) };
}

async function sendAnswer(
  frames: FramedStream,
  answer: Answer,
  offset: number,
  step: () => AbortSignal,
): Promise<void> {
  const content = answer.code === 'OK' ? answer.content : new Uint8Array(0);
  await frames.writeHeader(encodeResponse({ code: answer.code, size: content.length }), step());
  for (let start = offset; start < content.length; start += maxChunkBytes) {
    await frames.writeChunk(content.subarray(start, start + maxChunkBytes), step());
  }
}
