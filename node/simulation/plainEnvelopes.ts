/**
 * Gradients without encryption, for simulations: the same selection and the same fixed point as the onion, so that the
 * sums are the same to the bit, but nothing is masked, packed or sent.
 * @module
 */
import type { Envelopes, SumRequest } from '../algorithm/envelopes.ts';
import type { Ledger } from '../algorithm/ports.ts';
import { decodeFixedSum, widestFormat } from '../gradient/fixedPoint.ts';
import { type SharedGradient, shareGradient } from '../gradient/shared.ts';
import type { PartyId } from '../types.ts';

/** Where the parties of one process post their gradients. */
export interface PlainBoard {
  envelopes(ledger: Ledger, sizes: { readonly levels: number; readonly parameterCount: number }): Envelopes;
}

/** Creates an empty board. */
export function createPlainBoard(): PlainBoard {
  const posted = new Map<string, SharedGradient>();
  const place = (round: number, provider: PartyId) => `${round}/${provider}`;
  /** As in the onion's small groups, so that the same providers may be missing. */
  const complete = ({ requester, orders }: SumRequest) => {
    const group = [requester.id, ...orders.map(({ provider }) => provider)];
    return (member: PartyId) => group.filter((other) => other !== member);
  };

  return {
    envelopes(ledger, { levels, parameterCount }) {
      return {
        accepts: () => true,
        isKeyed: async () => true,
        createRoundKey: () => ({ publicKey: new Uint8Array(32).fill(1), secretKey: new Uint8Array(32).fill(1) }),
        // The ledger wants 32 bytes; what is not sent need not be hashed.
        commitment: (blob) => Uint8Array.from({ length: 32 }, (_, index) => blob[index % blob.length]),

        async seal(request, gradient) {
          const self = (await ledger.self()) ?? -1;
          const at = place(request.round, self);
          if (!posted.has(at)) {
            posted.delete(place(request.round - 2, self));
            const { round, clamp, parties } = request;
            posted.set(at, shareGradient(gradient, { round, provider: self, cap: parties[self].cap, clamp, levels }));
          }
          return { blob: new Uint8Array(4).fill(self), key: new Uint8Array(32) };
        },
        open: async () => new Uint32Array(0),
        opens: async () => true,
        graph: complete,
        seed: async () => new Uint8Array(32),
        async sum(request, delivered) {
          const total = new Uint32Array(parameterCount);
          for (const { provider, count } of request.orders) {
            const given = posted.get(place(request.round, provider));
            if (!delivered.has(provider) || given === undefined) continue;
            const { ranking, steps } = given;
            for (let rank = 0; rank < count; rank++) total[ranking[rank]] += steps[rank];
          }
          return decodeFixedSum(total, widestFormat(request.clamp, levels));
        },
      };
    },
  };
}
