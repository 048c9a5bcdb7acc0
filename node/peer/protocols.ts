/**
 * The protocols table: what may be asked for, and the limits both sides hold each other to.
 * @module
 */

/** What one party can ask another for. */
export type ProtocolName = 'samples' | 'labels' | 'blob' | 'seed' | 'evidence' | 'status';

/** One row of the table. */
export interface Protocol {
  readonly name: ProtocolName;
  /** libp2p protocol id. */
  readonly id: string;
  /** Most bytes of a request's body; 0 if it has none. */
  readonly maxRequestBytes: number;
  /** Most bytes of a response's body. */
  readonly maxResponseBytes: number;
  /** How long a handler may take before the requester is told NOT_READY; milliseconds. */
  readonly waitMs: number;
  /** Longest silence within one message: opening the stream, or one frame; milliseconds. */
  readonly timeoutMs: number;
  /** Requests of one party served at the same time. */
  readonly concurrent: number;
  /** Requests of one party served at once after a pause (size of its token bucket). */
  readonly burst: number;
  /** Requests per second of one party served for ever (refill of its token bucket). */
  readonly ratePerSecond: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** Most bytes of a header frame: a CBOR map. */
export const maxHeaderBytes = 128;
/** Most bytes of a body frame. */
export const maxChunkBytes = 256 * KiB;
/** Version answered by the status protocol. */
export const protocolVersion = 1;

/** The table. */
export const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  samples: {
    name: 'samples',
    id: '/dppdl/samples/1',
    maxRequestBytes: 0,
    maxResponseBytes: 256 * MiB,
    waitMs: 10_000,
    timeoutMs: 15_000,
    concurrent: 2,
    burst: 16,
    ratePerSecond: 1,
  },
  labels: {
    name: 'labels',
    id: '/dppdl/labels/1',
    maxRequestBytes: 4 * MiB,
    maxResponseBytes: MiB,
    waitMs: 10_000,
    timeoutMs: 15_000,
    concurrent: 2,
    burst: 32,
    ratePerSecond: 16,
  },
  blob: {
    name: 'blob',
    id: '/dppdl/blob/1',
    maxRequestBytes: 0,
    maxResponseBytes: 64 * MiB,
    waitMs: 10_000,
    timeoutMs: 15_000,
    concurrent: 4,
    burst: 32,
    ratePerSecond: 16,
  },
  seed: {
    name: 'seed',
    id: '/dppdl/seed/1',
    maxRequestBytes: 0,
    maxResponseBytes: 32,
    waitMs: 10_000,
    timeoutMs: 15_000,
    concurrent: 16,
    burst: 256,
    ratePerSecond: 32,
  },
  evidence: {
    name: 'evidence',
    id: '/dppdl/evidence/1',
    maxRequestBytes: 0,
    maxResponseBytes: 64 * MiB,
    waitMs: 10_000,
    timeoutMs: 15_000,
    concurrent: 4,
    burst: 32,
    ratePerSecond: 4,
  },
  status: {
    name: 'status',
    id: '/dppdl/status/1',
    maxRequestBytes: 0,
    maxResponseBytes: 64,
    waitMs: 1_000,
    timeoutMs: 5_000,
    concurrent: 2,
    burst: 8,
    ratePerSecond: 2,
  },
};
