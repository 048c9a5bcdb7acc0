/**
 * What all adapters of the `Exchange` port share: its methods as questions, and the errors its callers meet.
 * @module
 */
import type { Exchange } from '../algorithm/ports.ts';
import type { PartyId } from '../types.ts';
import { ExchangeError } from './errors.ts';
import { encodeIndices, type Question, type ResponseCode } from './messages.ts';
import type { Protocol, ProtocolName } from './protocols.ts';

/** Bytes of a mask seed. */
const seedBytes = 32;

/**
 * Asks a party until it answers or the signal aborts.
 * @param exactly - size the answer must have, if known beforehand.
 */
export type Request = (
  party: PartyId,
  question: Question,
  signal: AbortSignal,
  exactly?: number,
) => Promise<Uint8Array>;

/** The requests of the `Exchange` port over one function that asks. */
export function createRequests(
  request: Request,
): Pick<Exchange, 'samples' | 'labels' | 'blob' | 'maskSeed' | 'evidence'> {
  const body = new Uint8Array(0);
  return {
    samples: (provider, signal) => request(provider, { name: 'samples', header: { offset: 0 }, body }, signal),
    blob: (provider, round, signal) => request(provider, { name: 'blob', header: { round, offset: 0 }, body }, signal),
    labels(labeller, round, indices, signal) {
      const rows = encodeIndices(indices);
      const header = { round, size: rows.length };
      return request(labeller, { name: 'labels', header, body: rows }, signal, indices.length);
    },
    evidence(holder, { round, provider, requester }, signal) {
      const header = { round, offset: 0, provider, requester };
      return request(holder, { name: 'evidence', header, body }, signal);
    },
    maskSeed: (helper, round, missing, signal) =>
      request(helper, { name: 'seed', header: { round, missing }, body }, signal, seedBytes),
  };
}

/**
 * Throws for the answers that asking again will not change.
 * @throws ExchangeError `REFUSED`, `UNSUPPORTED`
 */
export function throwIfFinal(code: ResponseCode, party: PartyId, protocol: ProtocolName): void {
  const meta = { party, protocol };
  if (code === 'REFUSED') {
    throw new ExchangeError('REFUSED', `Party ${party} refuses ${protocol}.`, { fault: 'peer', meta });
  }
  if (code === 'MALFORMED') throw unsupported(party, protocol);
}

/** The other side does not speak this protocol, or not this version of it. */
export function unsupported(party: PartyId, protocol: ProtocolName, cause?: unknown): ExchangeError {
  return new ExchangeError('UNSUPPORTED', `Party ${party} does not understand ${protocol} requests.`, {
    fault: 'peer',
    action: 'Check that both run the same version.',
    meta: { party, protocol },
    cause,
  });
}

/** Nobody answered before the caller's signal aborted; `last` says what the last attempt met. */
export function timedOut(party: PartyId, protocol: ProtocolName, last: string, cause: unknown): ExchangeError {
  return new ExchangeError('TIMEOUT', `Party ${party} gave no answer to ${protocol} in time.`, {
    fault: 'network',
    action: 'Check that the party is online and that its registered address can be reached from here.',
    meta: { party, protocol, last },
    cause,
  });
}

/**
 * Checks an announced size before anything is kept of the content.
 * @param before - the size announced by an earlier attempt, if any.
 * @throws ExchangeError `TOO_LARGE`, `MALFORMED`
 */
export function checkSize(
  size: number,
  protocol: Pick<Protocol, 'name' | 'maxResponseBytes'>,
  exactly: number | undefined,
  before?: number,
): void {
  if (size > protocol.maxResponseBytes) {
    throw new ExchangeError('TOO_LARGE', 'The other side offers more bytes than the protocol allows.', {
      fault: 'peer',
      meta: { protocol: protocol.name, size, limit: protocol.maxResponseBytes },
    });
  }
  const expected = exactly ?? before;
  if (expected !== undefined && size !== expected) {
    throw new ExchangeError('MALFORMED', 'The answer does not have the size it must have.', {
      fault: 'peer',
      meta: { protocol: protocol.name, size, expected },
    });
  }
}
