/**
 * A party's registration between the product's vocabulary and the chain's.
 * @module
 */
import { peerIdFromString } from '@libp2p/peer-id';
import { encodeBase58, getBytes, hexlify } from 'ethers';
import { LedgerError } from '../../sdk/errors.ts';
import type { ChainRegistration } from '../../sdk/types.ts';
import type { Registration } from '../types.ts';

/** Units of ε and δ on the chain. */
const EPSILON_SCALE = 1e6;
const DELTA_SCALE = 1e18;

/** Peer id in text form to multihash bytes. @throws LedgerError `MALFORMED`. */
function peerIdBytes(peerId: string): Uint8Array {
  try {
    return peerIdFromString(peerId).toMultihash().bytes;
  } catch (cause) {
    throw new LedgerError('MALFORMED', `"${peerId}" is no libp2p peer id`, { fault: 'self', meta: { peerId }, cause });
  }
}

/**
 * The registration as INIT writes it. ε and δ are rounded up in their sixth and eighteenth decimal: a statement about
 * privacy never promises more than was spent.
 */
export function toChain(registration: Registration): ChainRegistration {
  const { peerId, address, maskKey, encryptionKey, samplesHash, examples, samples, privacy } = registration;
  return {
    peerId: hexlify(peerIdBytes(peerId)),
    location: address,
    maskKey: hexlify(maskKey),
    encryptionKey: hexlify(encryptionKey),
    samplesHash: hexlify(samplesHash),
    examples,
    samples,
    generator: privacy.generator,
    epsilon: roundedUp(privacy.epsilon * EPSILON_SCALE),
    delta: roundedUp(privacy.delta * DELTA_SCALE),
  };
}

/** Rounds up what is more than a double's own error above an integer. */
function roundedUp(value: number): bigint {
  const nearest = Math.round(value);
  return BigInt(Math.abs(value - nearest) <= nearest * 2 * Number.EPSILON ? nearest : Math.ceil(value));
}

/** The registration a `Registered` event carries. */
export function fromChain(registration: ChainRegistration): Registration {
  const { peerId, location, maskKey, encryptionKey, samplesHash, examples, samples, generator } = registration;
  return {
    peerId: encodeBase58(peerId),
    address: location,
    maskKey: getBytes(maskKey),
    encryptionKey: getBytes(encryptionKey),
    examples,
    samples,
    samplesHash: getBytes(samplesHash),
    privacy: {
      generator,
      epsilon: Number(registration.epsilon) / EPSILON_SCALE,
      delta: Number(registration.delta) / DELTA_SCALE,
      unit: 'record',
    },
  };
}
