/**
 * The exchange of parties that live in one process, for simulations and tests: no sockets, no timers. Messages are
 * built and limited like those on the wire, and faults can be put in.
 * @module
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Exchange, ExchangeHandlers } from '../algorithm/ports.ts';
import type { PartyId } from '../types.ts';
import { type Answer, askHandlers } from './answer.ts';
import { messageBytes, type Traffic } from './frames.ts';
import { decodeQuestion, encodeQuestion, encodeResponse, type Question } from './messages.ts';
import { type ProtocolName, protocols } from './protocols.ts';
import { checkSize, createRequests, throwIfFinal, timedOut } from './requests.ts';

/** One message on its way, for faults to look at. */
export interface MemoryDelivery {
  readonly protocol: ProtocolName;
  /** Who asked, and who answers. */
  readonly requester: PartyId;
  readonly provider: PartyId;
  /** The round asked about; 0 for `samples`. */
  readonly round: number;
}

/** What happens to messages on the way. */
export interface MemoryFaults {
  /** True where a party does not answer: the requester is told TIMEOUT at once, as no time passes here. */
  isSilent?(delivery: MemoryDelivery): boolean;
  /** Returns the content that arrives in place of `content`; must not change it. */
  tamper?(delivery: MemoryDelivery, content: Uint8Array): Uint8Array;
}

/** Parties that can reach each other. */
export interface MemoryNetwork {
  /** The exchange of one party. A party that joins again (after a restart) takes its own place. */
  join(party: PartyId): Exchange;
  /** A party that left does not answer until it joins again. */
  leave(party: PartyId): void;
  /** Replaces the faults; `{}` ends them. */
  setFaults(faults: MemoryFaults): void;
}

/** Creates a network without parties. */
export function createMemoryNetwork(): MemoryNetwork {
  const members = new Map<PartyId, Member>();
  let faults: MemoryFaults = {};

  async function request(
    from: PartyId,
    self: Member,
    to: PartyId,
    question: Question,
    signal: AbortSignal,
    exactly?: number,
  ): Promise<Uint8Array> {
    const protocol = protocols[question.name];
    const round = 'round' in question.header ? question.header.round : 0;
    const delivery = { protocol: question.name, requester: from, provider: to, round };
    for (let last = 'NOT_TRIED'; ; ) {
      if (signal.aborted) throw timedOut(to, question.name, last, signal.reason);
      const other = members.get(to);
      if (other === undefined || members.get(from) !== self || faults.isSilent?.(delivery)) {
        throw timedOut(to, question.name, 'UNREACHABLE', undefined);
      }
      const answer = await exchange(from, self, other, question);
      if (answer.code === 'OK') {
        checkSize(answer.content.length, protocol, exactly);
        return faults.tamper?.(delivery, answer.content) ?? new Uint8Array(answer.content);
      }
      throwIfFinal(answer.code, to, question.name);
      last = answer.code;
      await turn();
    }
  }

  return {
    join(party) {
      const self: Member = { handlers: undefined, traffic: { sent: 0, received: 0 } };
      members.set(party, self);
      return {
        serve(handlers) {
          self.handlers = handlers;
        },
        traffic: () => ({ ...self.traffic }),
        ...createRequests((to, question, signal, exactly) => request(party, self, to, question, signal, exactly)),
      };
    },
    leave(party) {
      members.delete(party);
    },
    setFaults(given) {
      faults = given;
    },
  };
}

interface Member {
  handlers: ExchangeHandlers | undefined;
  readonly traffic: Traffic;
}

/** Sends a question and its answer through the encoders, so that only what can be on the wire gets across. */
async function exchange(from: PartyId, self: Member, other: Member, question: Question): Promise<Answer> {
  const header = encodeQuestion(question, 0);
  const sent = messageBytes(header.length, question.body.length);
  self.traffic.sent += sent;
  other.traffic.received += sent;
  const arrived = {
    ...decodeQuestion(question.name, header),
    ...(question.name === 'labels' && { body: question.body }),
  };
  const answer =
    question.body.length > protocols[question.name].maxRequestBytes
      ? { code: 'MALFORMED' as const }
      : await askHandlers({ handlers: other.handlers, round: 0 }, from, arrived);
  const size = answer.code === 'OK' ? answer.content.length : 0;
  const received = messageBytes(encodeResponse({ code: answer.code, size }).length, size);
  other.traffic.sent += received;
  self.traffic.received += received;
  return answer;
}
