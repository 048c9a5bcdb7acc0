/**
 * The messages parties exchange: small CBOR headers with exactly one valid encoding each, in front of plain bytes.
 * @module
 */
import { decode, encode } from 'cborg';
import { z } from 'zod';
import { ExchangeError } from './errors.ts';
import { maxHeaderBytes, type ProtocolName } from './protocols.ts';

const round = z.int().min(0).max(0xffff_ffff);
const size = z
  .int()
  .min(0)
  .max(2 ** 40);
const party = z.int().min(0).max(0xffff);

/** Shapes of the request headers. */
const requests = {
  samples: z.strictObject({ offset: size }),
  /** `size` bytes of row numbers follow, uint32 little-endian each. */
  labels: z.strictObject({ round, size: size.multipleOf(4) }),
  blob: z.strictObject({ round, offset: size }),
  seed: z.strictObject({ round, missing: party }),
  /** The blob that `provider` committed to for `requester`. */
  evidence: z.strictObject({ round, offset: size, provider: party, requester: party }),
  status: z.strictObject({}),
} as const;

/** The request header of a protocol. */
export type RequestHeader<Name extends ProtocolName> = Readonly<z.infer<(typeof requests)[Name]>>;

/** A whole request. */
export type Question = {
  readonly [Name in ProtocolName]: {
    readonly name: Name;
    readonly header: RequestHeader<Name>;
    /** Bytes after the header; empty but for `labels`. */
    readonly body: Uint8Array;
  };
}[ProtocolName];

/** How a request was answered. This number is all that a remote party is ever told about a failure. */
export const responseCodes = {
  OK: 0,
  /** The answer will exist later: ask again. */
  NOT_READY: 1,
  /** The requester may not have it: do not ask again. */
  REFUSED: 2,
  /** Too many requests: ask again later. */
  RATE_LIMITED: 3,
  /** The request broke the protocol. */
  MALFORMED: 4,
  /** The answering party has a fault of its own: ask again later. */
  FAILED: 5,
} as const;

/** Name of a response code. */
export type ResponseCode = keyof typeof responseCodes;

const codeNames = new Map<number, ResponseCode>([
  [0, 'OK'],
  [1, 'NOT_READY'],
  [2, 'REFUSED'],
  [3, 'RATE_LIMITED'],
  [4, 'MALFORMED'],
  [5, 'FAILED'],
]);

/** What comes first in a response. */
export interface ResponseHeader {
  readonly code: ResponseCode;
  /** Bytes of the whole content. After it come its bytes from the requested offset on. 0 unless `code` is OK. */
  readonly size: number;
}

const response = z.strictObject({ code: z.int().min(0).max(5), size });
const status = z.strictObject({ party, round, serving: z.boolean(), version: z.int().min(1).max(0xffff) });

/** What a party says about itself to another registered party. */
export type PeerStatus = Readonly<z.infer<typeof status>>;

/**
 * Decodes one CBOR item of a known shape, refusing every encoding but the one `encode` makes.
 * @throws ExchangeError `MALFORMED`
 */
function decodeAs<Shape extends z.ZodType>(shape: Shape, bytes: Uint8Array): z.infer<Shape> {
  try {
    if (bytes.length > maxHeaderBytes) throw new RangeError('longer than a header may be');
    const value = shape.parse(
      decode(bytes, {
        strict: true,
        allowIndefinite: false,
        allowUndefined: false,
        allowNaN: false,
        allowInfinity: false,
        allowBigInt: false,
        rejectDuplicateMapKeys: true,
      }),
    );
    if (Buffer.compare(encode(value), bytes) !== 0) throw new RangeError('not the canonical encoding');
    return value;
  } catch (cause) {
    throw new ExchangeError('MALFORMED', 'A message of the other side does not have the shape of its protocol.', {
      fault: 'peer',
      cause,
    });
  }
}

/** Encodes the header of a question whose answer is wanted from byte `offset` on. */
export function encodeQuestion({ name, header }: Question, offset: number): Uint8Array {
  switch (name) {
    case 'samples':
      return encode(requests.samples.parse({ offset }));
    case 'blob':
      return encode(requests.blob.parse({ round: header.round, offset }));
    case 'labels':
      return encode(requests.labels.parse(header));
    case 'evidence':
      return encode(requests.evidence.parse({ ...header, offset }));
    case 'seed':
      return encode(requests.seed.parse(header));
    case 'status':
      return encode(requests.status.parse(header));
  }
}

/**
 * Decodes a request header; the body comes later.
 * @throws ExchangeError `MALFORMED`
 */
export function decodeQuestion(name: ProtocolName, bytes: Uint8Array): Question {
  const body = new Uint8Array(0);
  switch (name) {
    case 'samples':
      return { name, body, header: decodeAs(requests.samples, bytes) };
    case 'blob':
      return { name, body, header: decodeAs(requests.blob, bytes) };
    case 'labels':
      return { name, body, header: decodeAs(requests.labels, bytes) };
    case 'seed':
      return { name, body, header: decodeAs(requests.seed, bytes) };
    case 'evidence':
      return { name, body, header: decodeAs(requests.evidence, bytes) };
    case 'status':
      return { name, body, header: decodeAs(requests.status, bytes) };
  }
}

/** Encodes a response header. */
export function encodeResponse(header: ResponseHeader): Uint8Array {
  return encode(response.parse({ code: responseCodes[header.code], size: header.size }));
}

/**
 * Decodes a response header.
 * @throws ExchangeError `MALFORMED`
 */
export function decodeResponse(bytes: Uint8Array): ResponseHeader {
  const { code, size } = decodeAs(response, bytes);
  const name = codeNames.get(code);
  if (name === undefined || (name !== 'OK' && size !== 0)) {
    throw new ExchangeError('MALFORMED', 'A response of the other side contradicts itself.', { fault: 'peer' });
  }
  return { code: name, size };
}

/** Encodes the body of a status response. */
export function encodeStatus(value: PeerStatus): Uint8Array {
  return encode(status.parse(value));
}

/**
 * Decodes the body of a status response.
 * @throws ExchangeError `MALFORMED`
 */
export function decodeStatus(bytes: Uint8Array): PeerStatus {
  return decodeAs(status, bytes);
}

/** Row numbers as bytes, uint32 little-endian. */
export function encodeIndices(indices: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(indices.length * 4);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < indices.length; at++) view.setUint32(4 * at, indices[at], true);
  return bytes;
}

/**
 * Row numbers from bytes.
 * @throws ExchangeError `MALFORMED`
 */
export function decodeIndices(bytes: Uint8Array): Uint32Array {
  if (bytes.length % 4 !== 0) {
    throw new ExchangeError('MALFORMED', 'Row numbers of the other side are cut short.', { fault: 'peer' });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const indices = new Uint32Array(bytes.length / 4);
  for (let at = 0; at < indices.length; at++) indices[at] = view.getUint32(4 * at, true);
  return indices;
}
