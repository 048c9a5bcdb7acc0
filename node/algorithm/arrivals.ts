/**
 * Blobs on their way to this party. Each is asked for as soon as the ledger shows its commitment, and not only when all
 * have delivered: a provider that dies after that costs nothing.
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import type { Delivery, PartyId } from '../types.ts';
import { AlgorithmError, codeOfOthersFault } from './errors.ts';
import { type Member, selfOf } from './member.ts';

/** The blobs of one round. */
export class Arrivals {
  readonly #member: Member;
  readonly #round: number;
  /** Blobs that came and are those committed to, by provider. */
  readonly #blobs = new Map<PartyId, Promise<Uint8Array | undefined>>();

  constructor(member: Member, round: number) {
    this.#member = member;
    this.#round = round;
  }

  /**
   * Begins to fetch what is delivered to this party, as it is delivered.
   * @param watching - ends the look-out for deliveries.
   * @param fetching - ends what was begun.
   */
  async gather(watching: AbortSignal, fetching: AbortSignal): Promise<void> {
    const { ledger } = this.#member;
    const self = await selfOf(this.#member);
    const ordered = (await ledger.orders(this.#round)).filter(({ requester }) => requester === self);
    for (let seen = 0; this.#blobs.size < ordered.length; ) {
      try {
        seen = await ledger.changed(seen, watching);
      } catch (error) {
        if (watching.aborted) return;
        throw error;
      }
      for (const delivery of await ledger.deliveries(this.#round)) {
        if (delivery.requester !== self || this.#blobs.has(delivery.provider)) continue;
        // What does not come this way is asked for again, and reported, when the phase is over.
        const blob = this.#fetch(delivery, fetching).catch((error) => void codeOfOthersFault(error, fetching));
        blob.catch(() => undefined);
        this.#blobs.set(delivery.provider, blob);
      }
    }
  }

  /**
   * The blob of a delivery, checked against its commitment before anything else is done with it.
   * @param signal - ends the wait.
   * @throws AlgorithmError `BAD_BLOB`; what the exchange throws.
   */
  async take(delivery: Delivery, signal: AbortSignal): Promise<Uint8Array> {
    return (await this.#blobs.get(delivery.provider)) ?? (await this.#fetch(delivery, signal));
  }

  async #fetch({ provider, commitment }: Delivery, signal: AbortSignal): Promise<Uint8Array> {
    const { envelopes, exchange } = this.#member;
    // deviation: the paper puts ciphertexts into public storage; here its provider serves it, bound by the hash.
    const blob = await exchange.blob(provider, this.#round, signal);
    if (timingSafeEqual(envelopes.commitment(blob), commitment)) return blob;
    throw new AlgorithmError('BAD_BLOB', `The blob of party ${provider} is not the one it committed to.`, {
      fault: 'peer',
    });
  }
}
