/**
 * The addresses a node listens on and is reached at, and what may be wrong with them.
 * @module
 */
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { ExchangeError } from './errors.ts';

/** Reads a multiaddr. @throws ExchangeError `ADDRESS_INVALID` */
export function parseAddress(text: string): Multiaddr {
  try {
    return multiaddr(text);
  } catch (cause) {
    throw new ExchangeError('ADDRESS_INVALID', `"${text}" is no multiaddr.`, {
      fault: 'self',
      action: 'Write addresses like /ip4/0.0.0.0/tcp/4001.',
      cause,
    });
  }
}

/** Own addresses without the peer id; loopback ones last, as nobody else can use them. */
export function reachable(addresses: readonly Multiaddr[]): string[] {
  const texts = addresses.map((address) => String(address).replace(/\/p2p\/[^/]+$/, ''));
  const isLoopback = (text: string) => text.startsWith('/ip4/127.') || text.startsWith('/ip6/::1/');
  return [...texts.filter((text) => !isLoopback(text)), ...texts.filter(isLoopback)];
}

/** Says in one sentence why listening failed. */
export function listenFailure(cause: unknown, listen: readonly string[]): unknown {
  const text = String(cause);
  const where = listen.join(', ');
  if (text.includes('EADDRINUSE')) {
    return new ExchangeError('ADDRESS_IN_USE', `Another program already listens on ${where}.`, {
      fault: 'self',
      action: 'Stop it, or choose another port.',
      cause,
    });
  }
  if (cause instanceof Error && cause.name.startsWith('UnsupportedListenAddress')) {
    return new ExchangeError('ADDRESS_INVALID', `This machine cannot listen on ${where}.`, {
      fault: 'self',
      action: "Use one of this machine's addresses, or /ip4/0.0.0.0/tcp/<port>, and a port you may open.",
      cause,
    });
  }
  return cause;
}
