/**
 * Turns this party's handlers into answers: at most one running call per question, a bounded wait, and nothing but a
 * code when it fails.
 * @module
 */
import type { ExchangeHandlers } from '../algorithm/ports.ts';
import { DppdlError } from '../errors.ts';
import type { PartyId } from '../types.ts';
import { decodeIndices, encodeStatus, type Question, type ResponseCode } from './messages.ts';
import { protocols, protocolVersion } from './protocols.ts';

/** What goes back: content, or the reason why not. */
export type Answer =
  | { readonly code: 'OK'; readonly content: Uint8Array }
  | { readonly code: Exclude<ResponseCode, 'OK'> };

/** What a status answer is made of, besides the asking party. */
export interface StatusSource {
  readonly handlers: ExchangeHandlers | undefined;
  readonly round: number;
}

/**
 * The code a handler's failure becomes: NOT_READY if it says so, REFUSED if it blames the requester, FAILED otherwise.
 */
export function codeOfFailure(error: unknown): Exclude<ResponseCode, 'OK'> {
  if (!(error instanceof DppdlError)) return 'FAILED';
  if (error.code === 'NOT_READY') return 'NOT_READY';
  if (error.code === 'MALFORMED') return 'MALFORMED';
  return error.code === 'REFUSED' || error.fault === 'peer' ? 'REFUSED' : 'FAILED';
}

/** Calls the handler a question is for. */
export async function askHandlers(source: StatusSource, requester: PartyId, question: Question): Promise<Answer> {
  const { handlers, round } = source;
  if (question.name === 'status') {
    const content = encodeStatus({
      party: requester,
      round,
      serving: handlers !== undefined,
      version: protocolVersion,
    });
    return { code: 'OK', content };
  }
  if (handlers === undefined) return { code: 'NOT_READY' };
  try {
    const content = await callHandler(handlers, requester, question);
    return content.length > protocols[question.name].maxResponseBytes ? { code: 'FAILED' } : { code: 'OK', content };
  } catch (error) {
    return { code: codeOfFailure(error) };
  }
}

function callHandler(
  handlers: ExchangeHandlers,
  requester: PartyId,
  question: Exclude<Question, { name: 'status' }>,
): Promise<Uint8Array> {
  switch (question.name) {
    case 'samples':
      return handlers.samples(requester);
    case 'labels':
      return handlers.labels(requester, question.header.round, decodeIndices(question.body));
    case 'blob':
      return handlers.blob(requester, question.header.round);
    case 'seed':
      return handlers.maskSeed(requester, question.header.round, question.header.missing);
    case 'evidence': {
      const { round, provider, requester: whose } = question.header;
      return handlers.evidence(requester, { round, provider, requester: whose });
    }
  }
}
