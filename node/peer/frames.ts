/**
 * Frames on a stream: a 4-byte big-endian length, then that many bytes. A message is one header frame and, if the
 * header announces bytes, the body in frames of 256 KiB, the last one shorter.
 * @module
 */
import type { Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import { ExchangeError } from './errors.ts';
import { maxChunkBytes, maxHeaderBytes } from './protocols.ts';

const prefixBytes = 4;

/** Counts what goes over the wire: the bytes of all frames, prefixes included. */
export interface Traffic {
  sent: number;
  received: number;
}

/** Bytes a message takes on the wire: one header frame and the frames of a body. */
export function messageBytes(headerBytes: number, bodyBytes: number): number {
  return prefixBytes + headerBytes + bodyBytes + prefixBytes * Math.ceil(bodyBytes / maxChunkBytes);
}

/** Reads and writes the frames of one stream. Every call takes the signal of its own deadline. */
export interface FramedStream {
  readHeader(signal: AbortSignal): Promise<Uint8Array>;
  writeHeader(header: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Reads the next body frame: 256 KiB, or all that remains. @throws ExchangeError `MALFORMED` if it has another length. */
  readChunk(remaining: number, signal: AbortSignal): Promise<Uint8Array>;
  /** Writes the next body frame, waiting while the other side does not read. */
  writeChunk(chunk: Uint8Array, signal: AbortSignal): Promise<void>;
}

/**
 * Frames a stream.
 * @param maxBufferBytes - most unread bytes kept; the stream is reset when more arrive.
 */
export function createFramedStream(stream: Stream, traffic: Traffic, maxBufferBytes: number): FramedStream {
  let allowed = { least: 1, most: maxHeaderBytes };
  const frames = lpStream(stream, {
    maxBufferSize: maxBufferBytes,
    maxLengthLength: prefixBytes,
    lengthEncoder(length) {
      const prefix = new Uint8Array(prefixBytes);
      new DataView(prefix.buffer).setUint32(0, length);
      return prefix;
    },
    lengthDecoder(prefix) {
      // The library offers one byte more at a time until this stops throwing a RangeError.
      if (prefix.byteLength < prefixBytes) throw new RangeError('incomplete length');
      const length = prefix.getUint32(0);
      if (length < allowed.least || length > allowed.most) throw malformed();
      return length;
    },
  });

  async function read(least: number, most: number, signal: AbortSignal): Promise<Uint8Array> {
    allowed = { least, most };
    const frame = (await frames.read({ signal })).subarray();
    traffic.received += prefixBytes + frame.length;
    return frame;
  }
  async function write(frame: Uint8Array, signal: AbortSignal): Promise<void> {
    await frames.write(frame, { signal });
    traffic.sent += prefixBytes + frame.length;
  }
  return {
    readHeader: (signal) => read(1, maxHeaderBytes, signal),
    writeHeader: write,
    readChunk(remaining, signal) {
      // Short frames are refused: a body in millions of them would cost far more memory than its bytes.
      const length = Math.min(remaining, maxChunkBytes);
      return read(length, length, signal);
    },
    writeChunk: write,
  };
}

/**
 * Waits until the other side has closed its side too, so that the stream is forgotten; resets the stream when the
 * signal aborts first.
 */
export async function untilClosed(stream: Stream, signal: AbortSignal): Promise<void> {
  if (stream.remoteWriteStatus === 'closed' || stream.status !== 'open') return;
  await new Promise<void>((resolve) => {
    const give = () => stream.abort(new Error('the other side does not close the stream'));
    const done = () => {
      signal.removeEventListener('abort', give);
      resolve();
    };
    stream.addEventListener('close', done, { once: true });
    stream.addEventListener('remoteCloseWrite', done, { once: true });
    signal.addEventListener('abort', give, { once: true });
  });
}

function malformed(): ExchangeError {
  return new ExchangeError('MALFORMED', 'A frame of the other side has a length its protocol does not allow.', {
    fault: 'peer',
  });
}
