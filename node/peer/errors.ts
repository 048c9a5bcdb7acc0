/**
 * What can go wrong between parties.
 * @module
 */
import { DppdlError } from '../errors.ts';

/** Codes of {@link ExchangeError}. */
export type ExchangeErrorCode =
  /** The other side says that this party may not have what it asked for. Fault `peer`. */
  | 'REFUSED'
  /** The other side broke the protocol. Fault `peer`. */
  | 'MALFORMED'
  /** The other side offers more bytes than the protocol allows. Fault `peer`. */
  | 'TOO_LARGE'
  /** The other side does not speak this version of the protocol. Fault `peer`. */
  | 'UNSUPPORTED'
  /** The directory has no such party. Fault `peer`. */
  | 'UNKNOWN_PARTY'
  /** No answer before the caller's signal aborted; `meta.last` says what the last attempt met. Fault `network`. */
  | 'TIMEOUT'
  /** Thrown by a handler that will have the answer later: the requester retries. Fault `self`. */
  | 'NOT_READY'
  /** Another program listens on the port. Fault `self`. */
  | 'ADDRESS_IN_USE'
  /** A listen or announce address that is no usable multiaddr, or a host that is not this machine's. Fault `self`. */
  | 'ADDRESS_INVALID'
  /** The peer is not running. Fault `self`. */
  | 'STOPPED';

/** An error of the exchange between parties. */
export class ExchangeError extends DppdlError<ExchangeErrorCode> {}
